#include "environment.h"

#include <utility>

namespace ovd {

void Operation::Release() {
  if (thread.joinable()) thread.join();
  owners.clear();
  interrupt = nullptr;
  resolve = nullptr;
  settled = nullptr;
}

Environment::Environment(Napi::Env env) {
  auto drain = Napi::Function::New(env, [this](const Napi::CallbackInfo& info) { Drain(info.Env()); });
  wake_ = Napi::ThreadSafeFunction::New(env, drain, "openvino-diffusers", 0, 1);
  wake_.Unref(env);
  // Hooks run last in, first out: ours must run before the thread-safe function's own, which was added above.
  env.AddCleanupHook([this] { Close(); });
}

std::shared_ptr<Operation> Environment::Begin(Napi::Env env, std::initializer_list<Napi::Object> owners) {
  if (closed_) throw CodedError("DISPOSED", "The OpenVINO environment was disposed");
  auto operation = std::make_shared<Operation>(env);
  for (const Napi::Object& owner : owners) operation->owners.push_back(Napi::Persistent(owner));
  if (running_.empty()) wake_.Ref(env);
  running_.insert(operation);
  return operation;
}

void Environment::Abandon(Napi::Env env, const std::shared_ptr<Operation>& operation) {
  operation->Release();
  Forget(env, operation);
}

void Environment::Finish(const std::shared_ptr<Operation>& operation) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    finished_.push_back(operation);
  }
  wake_.NonBlockingCall();  // refused only while the environment closes, when nobody waits for the promise
}

Napi::Promise Environment::Run(Napi::Env env, std::initializer_list<Napi::Object> owners,
                               std::function<MakeResult()> work) {
  auto operation = Begin(env, owners);
  try {
    operation->thread = std::thread([this, operation, work = std::move(work)] {
      try {
        operation->resolve = work();
      } catch (...) {
        operation->failure = Describe(std::current_exception());
      }
      Finish(operation);
    });
  } catch (...) {
    Abandon(env, operation);
    throw;
  }
  return operation->deferred.Promise();
}

Napi::Promise Environment::RunDisposal(Napi::Env env, const std::function<void()>& free) {
  try {
    return Run(env, {}, [free]() -> MakeResult {
      free();
      return nullptr;
    });
  } catch (const std::exception&) {
    free();
    const auto deferred = Napi::Promise::Deferred::New(env);
    deferred.Resolve(env.Undefined());
    return deferred.Promise();
  }
}

void Environment::Drain(Napi::Env env) {
  std::deque<std::shared_ptr<Operation>> finished;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    finished.swap(finished_);
  }
  for (const auto& operation : finished) {
    Napi::HandleScope scope(env);
    try {
      Settle(env, operation);
    } catch (const Napi::Error&) {  // NOLINT(bugprone-empty-catch)
      // The environment is ending and takes no results any more; the other operations must still be released.
    }
    operation->Release();
    Forget(env, operation);
  }
}

void Environment::Settle(Napi::Env env, const std::shared_ptr<Operation>& operation) {
  if (operation->thread.joinable()) operation->thread.join();
  if (operation->settled) operation->settled();
  if (!operation->failure) {
    try {
      operation->deferred.Resolve(operation->resolve ? operation->resolve(env) : env.Undefined());
    } catch (const Napi::Error& error) {
      operation->deferred.Reject(error.Value());
    } catch (...) {
      operation->failure = Describe(std::current_exception());
    }
  }
  if (operation->failure) operation->deferred.Reject(ToError(env, *operation->failure).Value());
}

void Environment::Forget(Napi::Env env, const std::shared_ptr<Operation>& operation) {
  running_.erase(operation);
  if (running_.empty()) wake_.Unref(env);
}

void Environment::Close() {
  if (std::exchange(closed_, true)) return;
  for (const auto& operation : running_) {
    if (operation->interrupt) operation->interrupt();
    operation->Release();
  }
  running_.clear();
  finished_.clear();
  wake_.Release();
}

}  // namespace ovd
