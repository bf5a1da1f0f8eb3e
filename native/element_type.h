// The element types that cross the boundary, and the typed array each one is seen through.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <openvino/core/type/element_type.hpp>
#include <string>

namespace ovd {

/** 'f32', 'f16', 'bf16', 'i8', 'i32', 'i64', 'u8', 'boolean', …; anything else is an error that lists them.
 */
ov::element::Type ElementTypeFromName(const std::string& name);

/** OpenVINO's own name, also for types that no typed array can show. */
std::string ElementTypeName(const ov::element::Type& type);

/** The kind of typed array that holds `type`; types of less than 32 bits that JavaScript lacks are seen as
 * bit patterns. */
napi_typedarray_type TypedArrayKind(const ov::element::Type& type);

/** A typed array over `buffer` from its start. */
Napi::Value ViewOf(Napi::Env env, const ov::element::Type& type, Napi::ArrayBuffer buffer);

/** A typed array's bytes as they are at this moment; valid until JavaScript runs again. */
struct ArrayBytes {
  napi_typedarray_type kind = napi_uint8_array;
  uint8_t* data = nullptr;
  size_t size = 0;
};

/**
 * Reads what V8 itself knows of a typed array, not what its properties say. A detached one, or one out of its
 * buffer's bounds, has no bytes.
 *
 * @throws CodedError INVALID_ARGUMENT for anything else, and for arrays over a SharedArrayBuffer
 */
ArrayBytes BytesOf(const Napi::Value& array);

}  // namespace ovd
