// The element types that cross the boundary, and the typed array each one is seen through.
#pragma once

#include <napi.h>

#include <openvino/core/type/element_type.hpp>
#include <string>

namespace ovd {

/** 'f32', 'f16', 'bf16', 'i8', 'i32', 'i64', 'u8' or 'boolean'; anything else is an error that lists them. */
ov::element::Type ElementTypeFromName(const std::string& name);

/** OpenVINO's own name, also for types that no typed array can show. */
std::string ElementTypeName(const ov::element::Type& type);

/** The kind of typed array that holds `type`; f16 and bf16 are seen as their bit patterns in a Uint16Array.
 */
napi_typedarray_type TypedArrayKind(const ov::element::Type& type);

/** A typed array over `buffer` from its start. */
Napi::Value ViewOf(Napi::Env env, const ov::element::Type& type, Napi::ArrayBuffer buffer);

}  // namespace ovd
