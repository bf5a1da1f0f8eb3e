// Typed array <-> ov::Tensor, without copying either way.
#pragma once

#include <napi.h>

#include <memory>
#include <openvino/runtime/tensor.hpp>

namespace ovd {

/** A loan of OpenVINO's memory to JavaScript: over when returned, or when nobody holds it any more. */
struct Lease {
  bool returned = false;
};

/**
 * Memory that JavaScript and OpenVINO look at together. Either JavaScript owns it (`array` is set, and keeps
 * the buffer from being collected) or OpenVINO lends it (`lease` is set; `array` is empty until JavaScript
 * asks to see it).
 */
struct TensorMemory {
  ov::Tensor tensor;
  Napi::Reference<Napi::TypedArray> array;
  std::shared_ptr<Lease> lease;

  /** Throws where the script's buffer was detached (transferred), since its memory may be gone. */
  void CheckAttached() const;
};

/**
 * JavaScript: `new Tensor(elementType, shape, typedArray)`. The typed array is not copied: what is written to
 * it before an inference is what the inference reads. Tensors made by `InferRequest.getOutput` own OpenVINO's
 * memory.
 */
class Tensor : public Napi::ObjectWrap<Tensor> {
 public:
  static Napi::Function Define(Napi::Env env);
  /** Lends OpenVINO's memory to JavaScript. The memory lives as long as this object or any view of it. */
  static Napi::Object Lend(Napi::Env env, const ov::Tensor& tensor, std::shared_ptr<Lease> lease);

  explicit Tensor(const Napi::CallbackInfo& info);
  ~Tensor() override = default;

  /** The memory, for a request to bind; throws once disposed. */
  std::shared_ptr<TensorMemory> Memory() const;

 private:
  Napi::Value Data(const Napi::CallbackInfo& info);
  Napi::Value Shape(const Napi::CallbackInfo& info);
  Napi::Value ElementType(const Napi::CallbackInfo& info);
  Napi::Value Dispose(const Napi::CallbackInfo& info);

  std::shared_ptr<TensorMemory> memory_;
};

}  // namespace ovd
