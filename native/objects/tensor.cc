#include "objects/tensor.h"

#include <cstring>
#include <utility>

#include "element_type.h"
#include "environment.h"
#include "ports.h"

namespace ovd {
namespace {

/** Some hosts (Electron's memory cage) allow no buffers over foreign memory; they get a copy. */
Napi::ArrayBuffer Expose(Napi::Env env, const TensorMemory& memory) {
  struct Held {
    ov::Tensor tensor;
    std::shared_ptr<Lease> lease;
  };
  const size_t bytes = memory.tensor.get_byte_size();
  auto* held = new Held{memory.tensor, memory.lease};
  void* data = held->tensor.data();
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_arraybuffer(
      env, data, bytes, [](napi_env, void*, void* hint) { delete static_cast<Held*>(hint); }, held, &buffer);
  if (status == napi_ok) return Napi::ArrayBuffer(env, buffer);
  Napi::ArrayBuffer copy = Napi::ArrayBuffer::New(env, bytes);
  std::memcpy(copy.Data(), data, bytes);
  delete held;
  return copy;
}

}  // namespace

void TensorMemory::CheckAttached() const {
  if (lease) return;
  if (array.Value().ArrayBuffer().IsDetached()) {
    throw CodedError(
        "INVALID_ARGUMENT",
        "The tensor's buffer was detached: it was transferred while a request still had it bound");
  }
}

Napi::Function Tensor::Define(Napi::Env env) {
  return DefineClass(env, "Tensor",
                     {
                         InstanceAccessor<&Tensor::Data>("data"),
                         InstanceAccessor<&Tensor::Shape>("shape"),
                         InstanceAccessor<&Tensor::ElementType>("elementType"),
                         InstanceMethod<&Tensor::Dispose>("dispose"),
                     });
}

Napi::Object Tensor::Lend(Napi::Env env, const ov::Tensor& tensor, std::shared_ptr<Lease> lease) {
  auto memory = std::make_shared<TensorMemory>();
  memory->tensor = tensor;
  memory->lease = std::move(lease);
  return Environment::Of(env).tensor.New({Napi::External<std::shared_ptr<TensorMemory>>::New(env, &memory)});
}

Tensor::Tensor(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Tensor>(info) {
  Guarded(info.Env(), [&] {
    if (info.Length() == 1 && info[0].IsExternal()) {
      memory_ = *info[0].As<Napi::External<std::shared_ptr<TensorMemory>>>().Data();
      return;
    }
    if (info.Length() != 3 || !info[0].IsString() || !info[1].IsArray() || !info[2].IsTypedArray()) {
      throw CodedError("INVALID_ARGUMENT", "Expected (elementType, shape, typedArray) for Tensor");
    }
    const ov::element::Type type = ElementTypeFromName(info[0].As<Napi::String>().Utf8Value());
    const ov::Shape shape = ShapeFromScript(info[1].As<Napi::Array>());
    auto array = info[2].As<Napi::TypedArray>();
    if (array.TypedArrayType() != TypedArrayKind(type)) {
      throw CodedError("INVALID_ARGUMENT", "A typed array of another kind than elements of type " +
                                               ElementTypeName(type) + " need was given for Tensor");
    }
    const size_t bytes = ov::shape_size(shape) * type.size();
    if (array.ByteLength() != bytes) {
      throw CodedError("SHAPE_MISMATCH", "A tensor of type " + ElementTypeName(type) + " and shape " +
                                             shape.to_string() + " needs " + std::to_string(bytes) +
                                             " bytes but the typed array has " +
                                             std::to_string(array.ByteLength()));
    }
    auto* start = static_cast<uint8_t*>(array.ArrayBuffer().Data());
    memory_ = std::make_shared<TensorMemory>();
    // OpenVINO refuses a null pointer, which is what an empty array has.
    memory_->tensor =
        bytes == 0 ? ov::Tensor(type, shape) : ov::Tensor(type, shape, start + array.ByteOffset());
    memory_->array = Napi::Reference<Napi::TypedArray>::New(array, 1);
  });
}

std::shared_ptr<TensorMemory> Tensor::Memory() const {
  if (!memory_) throw CodedError("DISPOSED", "The tensor was disposed");
  return memory_;
}

Napi::Value Tensor::Data(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    auto memory = Memory();
    if (memory->array.IsEmpty()) {
      const Napi::ArrayBuffer buffer = Expose(info.Env(), *memory);
      auto view = ViewOf(info.Env(), memory->tensor.get_element_type(), buffer).As<Napi::TypedArray>();
      memory->array = Napi::Reference<Napi::TypedArray>::New(view, 1);
    }
    return Napi::Value(info.Env(), memory->array.Value());
  });
}

Napi::Value Tensor::Shape(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] { return ShapeToScript(info.Env(), Memory()->tensor.get_shape()); });
}

Napi::Value Tensor::ElementType(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::String::New(info.Env(), ElementTypeName(Memory()->tensor.get_element_type()));
  });
}

Napi::Value Tensor::Dispose(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    if (memory_ && memory_->lease) {
      memory_->lease->returned = true;
      // A view kept past the loan reads as empty, never as another inference's result.
      if (!memory_->array.IsEmpty()) memory_->array.Value().ArrayBuffer().Detach();
    }
    memory_.reset();
    return info.Env().Undefined();
  });
}

}  // namespace ovd
