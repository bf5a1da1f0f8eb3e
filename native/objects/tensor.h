// Typed arrays and ov::Tensor over memory that no script can free while it is in use.
#pragma once

#include <napi.h>

#include <memory>
#include <openvino/runtime/tensor.hpp>

#include "wrapped.h"

namespace ovd {

/**
 * A claim on an output's memory: the request that wrote it writes elsewhere as long as any copy of the
 * pointer to it is held, be it by a Tensor, by a typed array over the memory, or by a request that has it
 * bound.
 */
struct OutputLease {};

/**
 * What a Tensor stands for. Either native memory (`tensor`), which JavaScript sees through a buffer that can
 * be detached but never frees it; or a script's typed array (`array` alone), which the script may transfer or
 * resize at any time, so that requests copy it. Where hosts allow no buffers over native memory, the first
 * becomes the second as soon as JavaScript looks at it.
 */
struct TensorMemory {
  ov::element::Type type;
  ov::Shape shape;
  /** Keeps its memory alive; empty for a script's array. */
  ov::Tensor tensor;
  /** The script's array; or, over native memory, the one handed out, empty until it is asked for. */
  Napi::Reference<Napi::TypedArray> array;
  /** On hosts without buffers over native memory: `array` is this tensor's own, made in place of a view. */
  bool arrayIsCopy = false;
  /** Set for a request's output. */
  std::shared_ptr<OutputLease> lease;

  /** What keeps native memory, and the lease on it, for a buffer handed out to JavaScript. */
  struct Exposure {
    ov::Tensor tensor;
    std::shared_ptr<OutputLease> lease;
  };
  std::shared_ptr<Exposure> exposure;

  bool IsScriptOwned() const { return !tensor; }
  size_t ByteSize() const { return ov::shape_size(shape) * type.size(); }

  /** Another handle on native memory: whoever resizes it cannot take the memory from those who look at it. */
  ov::Tensor View() const;

  /** The script's bytes; throws where the array was detached or resized. */
  uint8_t* ScriptBytes() const;
};

/**
 * JavaScript: `new Tensor(elementType, shape, typedArray?)`, data, shape, elementType, dispose(). Without a
 * typed array the memory is native, zeroed, and never copied. Tensors made by `InferRequest.getOutput` are
 * over the request's memory.
 */
class Tensor : public Wrapped<Tensor> {
 public:
  static constexpr const char* kName = "Tensor";
  static Napi::Function Define(Napi::Env env);

  /** Over memory that a request has written; it lives as long as this object or any view of it. */
  static Napi::Object FromOutput(Napi::Env env, const ov::Tensor& tensor, std::shared_ptr<OutputLease> lease);
  static Napi::Object FromMemory(Napi::Env env, std::shared_ptr<TensorMemory> memory);

  explicit Tensor(const Napi::CallbackInfo& info);
  ~Tensor() override = default;

  bool IsOpen() const { return memory_ != nullptr; }
  /** The memory, for a request to bind; throws once disposed. */
  const std::shared_ptr<TensorMemory>& Memory() const;

 private:
  Napi::Value Data(const Napi::CallbackInfo& info);
  Napi::Value Shape(const Napi::CallbackInfo& info);
  Napi::Value ElementType(const Napi::CallbackInfo& info);
  Napi::Value Dispose(const Napi::CallbackInfo& info);

  std::shared_ptr<TensorMemory> memory_;
};

}  // namespace ovd
