// OpenVINO's properties <-> plain JavaScript values.
#pragma once

#include <napi.h>

#include <openvino/core/any.hpp>
#include <string>

namespace ovd {

/** { NAME: string | number | boolean, … }. The plugin, not this layer, decides what it knows and what fits.
 */
ov::AnyMap PropertiesFromScript(const Napi::Value& properties);

/** Numbers, booleans, strings and lists of strings as such; every other type as OpenVINO prints it. */
Napi::Value PropertyToScript(Napi::Env env, const ov::Any& value);

}  // namespace ovd
