#include "element_type.h"

#include <array>

#include "errors.h"

namespace ovd {
namespace {

struct Entry {
  const char* name;
  ov::element::Type type;
  napi_typedarray_type kind;
};

const std::array<Entry, 11>& Table() {
  static const std::array<Entry, 11> table = {{
      {"f32", ov::element::f32, napi_float32_array},
      {"f64", ov::element::f64, napi_float64_array},
      {"f16", ov::element::f16, napi_uint16_array},
      {"bf16", ov::element::bf16, napi_uint16_array},
      {"f8e4m3", ov::element::f8e4m3, napi_uint8_array},
      {"f8e5m2", ov::element::f8e5m2, napi_uint8_array},
      {"i8", ov::element::i8, napi_int8_array},
      {"i32", ov::element::i32, napi_int32_array},
      {"i64", ov::element::i64, napi_bigint64_array},
      {"u8", ov::element::u8, napi_uint8_array},
      {"boolean", ov::element::boolean, napi_uint8_array},
  }};
  return table;
}

size_t ElementSize(napi_typedarray_type kind) {
  switch (kind) {
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    default:
      return 1;
  }
}

}  // namespace

ov::element::Type ElementTypeFromName(const std::string& name) {
  std::string known;
  for (const Entry& entry : Table()) {
    if (name == entry.name) return entry.type;
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  throw CodedError("INVALID_ARGUMENT",
                   "Expected an element type of " + known + " but received '" + name + "'");
}

std::string ElementTypeName(const ov::element::Type& type) { return type.get_type_name(); }

napi_typedarray_type TypedArrayKind(const ov::element::Type& type) {
  for (const Entry& entry : Table()) {
    if (entry.type == type) return entry.kind;
  }
  throw CodedError("UNSUPPORTED", "No typed array holds elements of type " + type.get_type_name());
}

Napi::Value ViewOf(Napi::Env env, const ov::element::Type& type, Napi::ArrayBuffer buffer) {
  napi_value view = nullptr;
  const napi_status status =
      napi_create_typedarray(env, TypedArrayKind(type), buffer.ByteLength() / type.size(), buffer, 0, &view);
  if (status != napi_ok) throw Napi::Error::New(env);
  return Napi::Value(env, view);
}

ArrayBytes BytesOf(const Napi::Value& array) {
  if (!array.IsTypedArray()) throw CodedError("INVALID_ARGUMENT", "Expected a typed array");
  ArrayBytes bytes;
  size_t length = 0;
  void* data = nullptr;
  napi_value buffer = nullptr;
  bool isArrayBuffer = false;
  if (napi_get_typedarray_info(array.Env(), array, &bytes.kind, &length, &data, &buffer, nullptr) !=
          napi_ok ||
      napi_is_arraybuffer(array.Env(), buffer, &isArrayBuffer) != napi_ok) {
    throw Napi::Error::New(array.Env());
  }
  if (!isArrayBuffer) {
    throw CodedError(
        "INVALID_ARGUMENT",
        "Expected a typed array over an ArrayBuffer, not over a SharedArrayBuffer: other threads "
        "could change it at any time. Copy it first: array.slice()");
  }
  bytes.data = static_cast<uint8_t*>(data);
  bytes.size = data == nullptr ? 0 : length * ElementSize(bytes.kind);
  return bytes;
}

}  // namespace ovd
