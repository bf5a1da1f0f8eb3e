// Asynchronous inference, and the memory it reads and writes.
#pragma once

#include <napi.h>

#include <map>
#include <memory>
#include <openvino/runtime/infer_request.hpp>
#include <vector>

#include "objects/tensor.h"
#include "wrapped.h"

namespace ovd {

/**
 * JavaScript: setInput(index, tensor), setOutput(index, tensor), infer(), cancel(), getOutput(index),
 * running, dispose(). Made by `CompiledModel.createInferRequest`.
 *
 * Calls, in order and by thread: `infer` (JavaScript) starts OpenVINO's own threads; their callback hands the
 * operation to the environment; the promise settles on the JavaScript thread. Between the two nothing of the
 * request may be touched, so every other method but `cancel` answers BUSY.
 */
class InferRequest : public MadeFrom<InferRequest, ov::InferRequest> {
 public:
  static constexpr const char* kName = "InferRequest";
  static constexpr const char* kMaker = "CompiledModel.createInferRequest()";
  static Napi::Function Define(Napi::Env env);
  static MakeResult Wrap(ov::InferRequest request);

  explicit InferRequest(const Napi::CallbackInfo& info) : MadeFrom(info) {}

 private:
  /** A tensor bound to a port. Holding its memory is holding the lease on it. */
  struct BoundTensor {
    std::shared_ptr<TensorMemory> memory;
    /** What OpenVINO reads or writes: native memory itself, or the copy of a script's array. */
    ov::Tensor tensor;
    /** Whether `tensor` is that copy, which nothing else reads. */
    bool isCopy = false;
  };

  /** An output in memory of the request's own. */
  struct OwnOutput {
    /** What was written last: leased while somebody reads it. */
    std::weak_ptr<OutputLease> lease;
    Napi::ObjectReference tensor;  // weak: asking twice for one output gives the same object
    /** Memory that was allocated here, not by OpenVINO, and may hold a later output again. */
    ov::Tensor allocated;
    /** Memory of earlier outputs that were leased when they were replaced. */
    std::vector<std::pair<ov::Tensor, std::weak_ptr<OutputLease>>> replaced;
  };

  ov::InferRequest& Idle();
  BoundTensor Bind(const std::shared_ptr<TensorMemory>& memory, const BoundTensor& before) const;
  void KeepLeasedOutputs();
  ov::Tensor FreeMemory(OwnOutput& output, size_t index);

  Napi::Value SetInput(const Napi::CallbackInfo& info);
  Napi::Value SetOutput(const Napi::CallbackInfo& info);
  Napi::Value Infer(const Napi::CallbackInfo& info);
  Napi::Value Cancel(const Napi::CallbackInfo& info);
  Napi::Value GetOutput(const Napi::CallbackInfo& info);
  Napi::Value Running(const Napi::CallbackInfo& info);
  Napi::Value Dispose(const Napi::CallbackInfo& info);

  ov::InferRequest& request() { return parts_; }

  bool running_ = false;
  bool disposed_ = false;
  std::map<size_t, BoundTensor> inputs_;
  std::map<size_t, BoundTensor> outputs_;
  std::map<size_t, OwnOutput> ownOutputs_;
};

}  // namespace ovd
