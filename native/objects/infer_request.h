// Asynchronous inference, and the leases on what it reads and writes.
#pragma once

#include <napi.h>

#include <functional>
#include <map>
#include <memory>
#include <openvino/runtime/infer_request.hpp>
#include <vector>

#include "objects/tensor.h"

namespace ovd {

/**
 * JavaScript: setInput(index, tensor), setOutput(index, tensor), infer(), cancel(), getOutput(index),
 * running, dispose(). Made by `CompiledModel.createInferRequest`.
 *
 * Calls, in order and by thread: `infer` (JavaScript) starts OpenVINO's own threads; their callback hands the
 * operation to the environment; the promise settles on the JavaScript thread. Between the two nothing of the
 * request may be touched, so every other method but `cancel` answers BUSY.
 */
class InferRequest : public Napi::ObjectWrap<InferRequest> {
 public:
  static Napi::Function Define(Napi::Env env);
  static std::function<Napi::Value(Napi::Env)> Wrap(ov::InferRequest request);

  explicit InferRequest(const Napi::CallbackInfo& info);

 private:
  ov::InferRequest& Idle();
  void KeepLentOutputs();

  Napi::Value SetInput(const Napi::CallbackInfo& info);
  Napi::Value SetOutput(const Napi::CallbackInfo& info);
  Napi::Value Infer(const Napi::CallbackInfo& info);
  Napi::Value Cancel(const Napi::CallbackInfo& info);
  Napi::Value GetOutput(const Napi::CallbackInfo& info);
  Napi::Value Running(const Napi::CallbackInfo& info);
  Napi::Value Dispose(const Napi::CallbackInfo& info);

  struct Loan {
    std::vector<std::weak_ptr<Lease>> leases;
    Napi::ObjectReference tensor;  // weak: asking twice for one output lends the same object

    bool Held() const;
  };

  ov::InferRequest request_;
  bool running_ = false;
  bool disposed_ = false;
  std::map<size_t, std::shared_ptr<TensorMemory>> inputs_;
  std::map<size_t, std::shared_ptr<TensorMemory>> outputs_;
  std::map<size_t, Loan> loans_;
};

}  // namespace ovd
