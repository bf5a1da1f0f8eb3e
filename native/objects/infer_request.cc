#include "objects/infer_request.h"

#include <algorithm>
#include <openvino/runtime/compiled_model.hpp>
#include <string>
#include <utility>

#include "environment.h"

namespace ovd {
namespace {

size_t IndexArgument(const Napi::Value& value, size_t count, const char* what) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0) || number >= static_cast<double>(count) ||
      number != static_cast<double>(static_cast<size_t>(number))) {
    throw CodedError("INVALID_ARGUMENT", std::string("Expected the index of one of the model's ") +
                                             std::to_string(count) + " " + what + "s but received " +
                                             value.ToString().Utf8Value());
  }
  return static_cast<size_t>(number);
}

std::shared_ptr<TensorMemory> TensorArgument(Napi::Env env, const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(Environment::Of(env).tensor.Value())) {
    throw CodedError("INVALID_ARGUMENT", "Expected a Tensor");
  }
  auto memory = Tensor::Unwrap(value.As<Napi::Object>())->Memory();
  memory->CheckAttached();
  return memory;
}

}  // namespace

Napi::Function InferRequest::Define(Napi::Env env) {
  return DefineClass(env, "InferRequest",
                     {
                         InstanceMethod<&InferRequest::SetInput>("setInput"),
                         InstanceMethod<&InferRequest::SetOutput>("setOutput"),
                         InstanceMethod<&InferRequest::Infer>("infer"),
                         InstanceMethod<&InferRequest::Cancel>("cancel"),
                         InstanceMethod<&InferRequest::GetOutput>("getOutput"),
                         InstanceAccessor<&InferRequest::Running>("running"),
                         InstanceMethod<&InferRequest::Dispose>("dispose"),
                     });
}

std::function<Napi::Value(Napi::Env)> InferRequest::Wrap(ov::InferRequest request) {
  auto shared = std::make_shared<ov::InferRequest>(std::move(request));
  return [shared](Napi::Env env) -> Napi::Value {
    return Environment::Of(env).inferRequest.New({Napi::External<ov::InferRequest>::New(env, shared.get())});
  };
}

InferRequest::InferRequest(const Napi::CallbackInfo& info) : Napi::ObjectWrap<InferRequest>(info) {
  Guarded(info.Env(), [&] {
    if (info.Length() != 1 || !info[0].IsExternal()) {
      throw CodedError("INVALID_ARGUMENT", "An InferRequest comes from CompiledModel.createInferRequest()");
    }
    request_ = *info[0].As<Napi::External<ov::InferRequest>>().Data();
  });
}

ov::InferRequest& InferRequest::Idle() {
  if (disposed_) throw CodedError("DISPOSED", "The request was disposed");
  if (running_) throw CodedError("BUSY", "The request is running an inference; wait for it to end");
  return request_;
}

Napi::Value InferRequest::SetInput(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    ov::InferRequest& request = Idle();
    const size_t index = IndexArgument(info[0], request.get_compiled_model().inputs().size(), "input");
    auto memory = TensorArgument(info.Env(), info[1]);
    request.set_input_tensor(index, memory->tensor);
    inputs_[index] = std::move(memory);
    return info.Env().Undefined();
  });
}

Napi::Value InferRequest::SetOutput(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    ov::InferRequest& request = Idle();
    const size_t index = IndexArgument(info[0], request.get_compiled_model().outputs().size(), "output");
    auto memory = TensorArgument(info.Env(), info[1]);
    request.set_output_tensor(index, memory->tensor);
    outputs_[index] = std::move(memory);
    loans_.erase(index);
    return info.Env().Undefined();
  });
}

bool InferRequest::Loan::Held() const {
  return std::any_of(leases.begin(), leases.end(), [](const std::weak_ptr<Lease>& weak) {
    const auto lease = weak.lock();
    return lease && !lease->returned;
  });
}

void InferRequest::KeepLentOutputs() {
  for (const auto& [index, loan] : loans_) {
    if (!loan.Held()) continue;
    // Still being read: the inference writes to memory of its own instead.
    const auto port = request_.get_compiled_model().outputs()[index];
    const auto& shape = port.get_partial_shape();
    request_.set_output_tensor(index,
                               ov::Tensor(port.get_element_type(),
                                          shape.is_static() ? shape.to_shape() : ov::Shape(shape.size(), 0)));
  }
  loans_.clear();
}

Napi::Value InferRequest::Infer(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    Napi::Env env = info.Env();
    Idle();
    for (const auto& [index, memory] : inputs_) memory->CheckAttached();
    for (const auto& [index, memory] : outputs_) memory->CheckAttached();
    KeepLentOutputs();

    Environment& environment = Environment::Of(env);
    auto operation = environment.Begin(env, {Value()});
    operation->settled = [this] { running_ = false; };
    operation->interrupt = [request = request_]() mutable {
      try {
        request.cancel();
        request.wait();
      } catch (...) {  // NOLINT(bugprone-empty-catch): nobody is left to hear of it
      }
    };
    try {
      // The request keeps the callback until the next inference, so the callback must not keep the operation.
      std::weak_ptr<Operation> target = operation;
      request_.set_callback([&environment, target](const std::exception_ptr& thrown) {
        const auto finished = target.lock();
        if (!finished) return;
        if (thrown) finished->failure = Describe(thrown);
        environment.Finish(finished);
      });
      running_ = true;
      request_.start_async();
    } catch (...) {
      running_ = false;
      environment.Abandon(env, operation);
      throw;
    }
    return operation->deferred.Promise();
  });
}

Napi::Value InferRequest::Cancel(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    if (running_) request_.cancel();
    return info.Env().Undefined();
  });
}

Napi::Value InferRequest::GetOutput(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    ov::InferRequest& request = Idle();
    const size_t index = IndexArgument(info[0], request.get_compiled_model().outputs().size(), "output");
    Loan& loan = loans_[index];
    if (!loan.tensor.IsEmpty() && !loan.tensor.Value().IsEmpty() && !loan.leases.back().expired() &&
        !loan.leases.back().lock()->returned) {
      return loan.tensor.Value();
    }
    auto lease = std::make_shared<Lease>();
    loan.leases.push_back(lease);
    Napi::Object tensor = Tensor::Lend(info.Env(), request.get_output_tensor(index), std::move(lease));
    loan.tensor = Napi::Weak(tensor);
    return tensor;
  });
}

Napi::Value InferRequest::Running(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), running_);
}

Napi::Value InferRequest::Dispose(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    if (disposed_) return info.Env().Undefined();
    Idle();
    disposed_ = true;
    request_ = {};
    inputs_.clear();
    outputs_.clear();
    loans_.clear();
    return info.Env().Undefined();
  });
}

}  // namespace ovd
