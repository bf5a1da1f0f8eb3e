#include "objects/mapped_file.h"

#include <cstring>
#include <string>

#include "arguments.h"
#include "errors.h"

namespace ovd {

Napi::Function MappedFile::Define(Napi::Env env) {
  return DefineWrapped(env, {
                                InstanceAccessor<&MappedFile::ByteLength>("byteLength"),
                                InstanceMethod<&MappedFile::Read>("read"),
                                InstanceMethod<&MappedFile::Dispose>("dispose"),
                            });
}

MappedFile::MappedFile(const Napi::CallbackInfo& info) : Wrapped(info) {
  Guarded(info.Env(), [&] { mapping_ = Mapping::Open(TextArgument(info, 0, "path")); });
}

std::shared_ptr<Mapping> MappedFile::Get() const {
  if (!mapping_) throw CodedError("DISPOSED", "The mapped file was disposed");
  return mapping_;
}

Napi::Value MappedFile::ByteLength(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(),
                 [&] { return Napi::Number::New(info.Env(), static_cast<double>(Get()->size())); });
}

Napi::Value MappedFile::Read(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const auto mapping = Get();
    const uint64_t offset = WholeNumberOf(info[0], "offset");
    const uint64_t length = WholeNumberOf(info[1], "length");
    if (offset > mapping->size() || length > mapping->size() - offset) {
      throw CodedError("INVALID_ARGUMENT",
                       "Expected a range inside the file's " + std::to_string(mapping->size()) + " bytes");
    }
    auto copy = Napi::Uint8Array::New(info.Env(), length);
    if (length > 0) std::memcpy(copy.Data(), mapping->data() + offset, length);
    return copy;
  });
}

Napi::Value MappedFile::Dispose(const Napi::CallbackInfo& info) {
  mapping_.reset();
  return info.Env().Undefined();
}

}  // namespace ovd
