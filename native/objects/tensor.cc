#include "objects/tensor.h"

#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "arguments.h"
#include "element_type.h"
#include "environment.h"
#include "ports.h"

namespace ovd {
namespace {

/** Of a cache line, which is also the widest vector register. */
constexpr size_t kAlignment = 64;

ov::Tensor FixedView(const ov::element::Type& type, const ov::Shape& shape, void* data,
                     const std::shared_ptr<void>& owner) {
  // OpenVINO refuses a null pointer, which is what nothing at all may have.
  if (ov::shape_size(shape) == 0) return {type, shape};
  return {ov::Tensor(type, shape, data), owner};
}

ov::Tensor Allocate(const ov::element::Type& type, const ov::Shape& shape) {
  const size_t bytes = ov::shape_size(shape) * type.size();
  const std::shared_ptr<void> memory(::operator new(bytes, std::align_val_t{kAlignment}), [](void* pointer) {
    ::operator delete(pointer, std::align_val_t{kAlignment});
  });
  std::memset(memory.get(), 0, bytes);
  return FixedView(type, shape, memory.get(), memory);
}

/** Whether native memory is to be copied as on hosts that allow no buffers over it; for tests, and for hosts
 * to come. */
bool CopiesAreForced() {
  static const bool forced = [] {
    const char* value = std::getenv("OPENVINO_DIFFUSERS_COPY_BUFFERS");
    return value != nullptr && std::string(value) == "1";
  }();
  return forced;
}

/** A buffer over native memory; empty on hosts that allow none (Electron's memory cage). */
Napi::ArrayBuffer Expose(Napi::Env env, TensorMemory& memory) {
  if (CopiesAreForced()) return {};
  auto exposure = std::make_shared<TensorMemory::Exposure>();
  exposure->tensor = memory.tensor;
  exposure->lease = memory.lease;
  auto* held = new std::shared_ptr<TensorMemory::Exposure>(exposure);
  const size_t bytes = memory.tensor.get_byte_size();
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_arraybuffer(
      env, bytes == 0 ? nullptr : memory.tensor.data(), bytes,
      [](napi_env, void*, void* hint) { delete static_cast<std::shared_ptr<TensorMemory::Exposure>*>(hint); },
      held, &buffer);
  if (status != napi_ok) {
    delete held;
    return {};
  }
  memory.exposure = std::move(exposure);
  return {env, buffer};
}

Napi::Reference<Napi::TypedArray> ArrayOver(Napi::Env env, const ov::element::Type& type,
                                            const Napi::ArrayBuffer& buffer) {
  return Napi::Reference<Napi::TypedArray>::New(ViewOf(env, type, buffer).As<Napi::TypedArray>(), 1);
}

}  // namespace

ov::Tensor TensorMemory::View() const {
  const auto owner = std::make_shared<ov::Tensor>(tensor);
  return FixedView(type, shape, owner->data(), owner);
}

uint8_t* TensorMemory::ScriptBytes() const {
  const ArrayBytes bytes = BytesOf(array.Value());
  if (bytes.size != ByteSize()) {
    throw CodedError("INVALID_ARGUMENT",
                     "The tensor's buffer was transferred or resized while the tensor was in use");
  }
  return bytes.data;
}

Napi::Function Tensor::Define(Napi::Env env) {
  return DefineWrapped(env, {
                                InstanceAccessor<&Tensor::Data>("data"),
                                InstanceAccessor<&Tensor::Shape>("shape"),
                                InstanceAccessor<&Tensor::ElementType>("elementType"),
                                InstanceMethod<&Tensor::Dispose>("dispose"),
                            });
}

Napi::Object Tensor::FromOutput(Napi::Env env, const ov::Tensor& tensor, std::shared_ptr<OutputLease> lease) {
  auto memory = std::make_shared<TensorMemory>();
  memory->type = tensor.get_element_type();
  memory->shape = tensor.get_shape();
  const auto owner = std::make_shared<ov::Tensor>(tensor);
  memory->tensor = FixedView(memory->type, memory->shape, owner->data(), owner);
  memory->lease = std::move(lease);
  return FromMemory(env, std::move(memory));
}

Napi::Object Tensor::FromMemory(Napi::Env env, std::shared_ptr<TensorMemory> memory) {
  return Construct(env, memory);
}

Tensor::Tensor(const Napi::CallbackInfo& info) : Wrapped(info) {
  const Napi::Env env = info.Env();
  Guarded(env, [&] {
    if (auto* memory = TakeParts<std::shared_ptr<TensorMemory>>(env)) {
      memory_ = std::move(*memory);
      return;
    }
    auto memory = std::make_shared<TensorMemory>();
    memory->type = ElementTypeFromName(TextArgument(info, 0, "elementType"));
    memory->shape = ShapeFromScript(ListOf(info[1], "shape"));
    const size_t bytes = memory->ByteSize();
    if (!info[2].IsUndefined()) {
      const ArrayBytes array = BytesOf(info[2]);
      if (array.kind != TypedArrayKind(memory->type)) {
        throw CodedError("INVALID_ARGUMENT", "A typed array of another kind than elements of type " +
                                                 ElementTypeName(memory->type) +
                                                 " need was given for Tensor");
      }
      if (array.size != bytes) {
        throw CodedError("SHAPE_MISMATCH", "A tensor of type " + ElementTypeName(memory->type) +
                                               " and shape " + memory->shape.to_string() + " needs " +
                                               std::to_string(bytes) + " bytes but the typed array has " +
                                               std::to_string(array.size));
      }
      memory->array = Napi::Reference<Napi::TypedArray>::New(info[2].As<Napi::TypedArray>(), 1);
    } else {
      memory->tensor = Allocate(memory->type, memory->shape);
      const Napi::ArrayBuffer buffer = Expose(env, *memory);
      if (buffer.IsEmpty()) {
        memory->tensor = {};
        memory->array = ArrayOver(env, memory->type, Napi::ArrayBuffer::New(env, bytes));
        memory->arrayIsCopy = true;
      } else {
        memory->array = ArrayOver(env, memory->type, buffer);
      }
    }
    memory_ = std::move(memory);
  });
}

const std::shared_ptr<TensorMemory>& Tensor::Memory() const {
  if (!memory_) throw CodedError("DISPOSED", "The tensor was disposed");
  return memory_;
}

Napi::Value Tensor::Data(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return Guarded(env, [&]() -> Napi::Value {
    TensorMemory& memory = *Memory();
    if (memory.array.IsEmpty()) {
      TypedArrayKind(memory.type);  // throws for types that no array can show
      Napi::ArrayBuffer buffer = Expose(env, memory);
      if (buffer.IsEmpty()) {
        buffer = Napi::ArrayBuffer::New(env, memory.ByteSize());
        if (memory.ByteSize() > 0) std::memcpy(buffer.Data(), memory.tensor.data(), memory.ByteSize());
        // From now on the copy is what the tensor holds: what a script writes there reaches the requests it
        // is bound to.
        memory.tensor = {};
        memory.arrayIsCopy = true;
      }
      memory.array = ArrayOver(env, memory.type, buffer);
    }
    return Napi::Value(env, memory.array.Value());
  });
}

Napi::Value Tensor::Shape(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] { return ShapeToScript(info.Env(), Memory()->shape); });
}

Napi::Value Tensor::ElementType(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::String::New(info.Env(), ElementTypeName(Memory()->type));
  });
}

Napi::Value Tensor::Dispose(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const auto memory = std::exchange(memory_, nullptr);
    if (!memory || memory->array.IsEmpty()) return info.Env().Undefined();
    // Requests that have it bound still read a copy.
    const bool isFreeCopy = memory->arrayIsCopy && memory.use_count() == 1;
    if (!memory->IsScriptOwned() || isFreeCopy) {
      // A view kept past the lease reads as empty, never as another inference's result.
      Napi::ArrayBuffer buffer = memory->array.Value().ArrayBuffer();
      if (!buffer.IsDetached()) {
        buffer.Detach();
        if (memory->exposure) memory->exposure->lease.reset();
      }
      // A buffer that a script has transferred elsewhere still shows the memory and keeps its lease.
    }
    return info.Env().Undefined();
  });
}

}  // namespace ovd
