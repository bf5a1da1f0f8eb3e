#include "objects/mapped_file.h"

#include <cstring>
#include <string>

#include "arguments.h"
#include "errors.h"

namespace ovd {

Napi::Function MappedFile::Define(Napi::Env env) {
  return DefineClass(env, "MappedFile",
                     {
                         InstanceAccessor<&MappedFile::ByteLength>("byteLength"),
                         InstanceMethod<&MappedFile::Read>("read"),
                         InstanceMethod<&MappedFile::Dispose>("dispose"),
                     });
}

MappedFile::MappedFile(const Napi::CallbackInfo& info) : Napi::ObjectWrap<MappedFile>(info) {
  Guarded(info.Env(),
          [&] { mapping_ = Mapping::Open(std::filesystem::u8path(TextArgument(info, 0, "path"))); });
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
    const double offset = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : -1;
    const double length = info[1].IsNumber() ? info[1].As<Napi::Number>().DoubleValue() : -1;
    if (!(offset >= 0) || !(length >= 0) || offset + length > static_cast<double>(mapping->size())) {
      throw CodedError("INVALID_ARGUMENT",
                       "Expected a range inside the file's " + std::to_string(mapping->size()) + " bytes");
    }
    auto copy = Napi::Uint8Array::New(info.Env(), static_cast<size_t>(length));
    if (length > 0)
      std::memcpy(copy.Data(), mapping->data() + static_cast<size_t>(offset), copy.ByteLength());
    return copy;
  });
}

Napi::Value MappedFile::Dispose(const Napi::CallbackInfo& info) {
  mapping_.reset();
  return info.Env().Undefined();
}

}  // namespace ovd
