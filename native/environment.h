// What one JavaScript environment (the main thread or a worker) owns: its classes, and the operations under
// way.
#pragma once

#include <napi.h>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "errors.h"

namespace ovd {

/** Makes an operation's result on the JavaScript thread; empty where the result is undefined. */
using MakeResult = std::function<Napi::Value(Napi::Env)>;

/**
 * One promise under way. Created and settled on the JavaScript thread; in between only `resolve` and
 * `failure` are written, by the one thread that does the work. It keeps the objects it works on from being
 * collected.
 */
struct Operation {
  explicit Operation(Napi::Env env) : deferred(Napi::Promise::Deferred::New(env)) {}

  Napi::Promise::Deferred deferred;
  std::vector<Napi::ObjectReference> owners;
  std::thread thread;  // joined before the operation is settled; empty for inference
  std::function<void()>
      interrupt;       // asks the work to stop and waits until it has; used when the environment ends
  MakeResult resolve;  // what it throws rejects the promise
  std::function<void()> settled;  // runs on the JavaScript thread just before the promise settles
  std::optional<Failure> failure;

  /** Frees everything it holds, on the JavaScript thread: the working thread may be the last to drop the
   * operation. */
  void Release();
};

class Environment {
 public:
  explicit Environment(Napi::Env env);
  ~Environment() = default;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  static Environment& Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  /** Opens an operation that keeps `owners` alive. JavaScript thread. */
  std::shared_ptr<Operation> Begin(Napi::Env env, std::initializer_list<Napi::Object> owners);

  /** Takes back an operation whose work never started. JavaScript thread. */
  void Abandon(Napi::Env env, const std::shared_ptr<Operation>& operation);

  /** Hands a finished operation to the JavaScript thread. Any thread; the last thing the work does. */
  void Finish(const std::shared_ptr<Operation>& operation);

  /**
   * Runs `work` on a thread of its own, so that seconds of compilation hold up neither the event loop nor
   * libuv's pool.
   */
  Napi::Promise Run(Napi::Env env, std::initializer_list<Napi::Object> owners,
                    std::function<MakeResult()> work);

  /** Runs `free` like `Run`, or at once where no thread is to be had: memory must be freed in any case. */
  Napi::Promise RunDisposal(Napi::Env env, const std::function<void()>& free);

  /**
   * Ends whatever is under way and takes nothing more: inferences are cancelled, compilations waited for.
   * Runs when the environment ends; and, since `process.exit` does not run environments' hooks, when the
   * script says so.
   */
  void Close();

  /** The classes' constructors, by the address of their type tag; see wrapped.h. */
  std::unordered_map<const void*, Napi::FunctionReference> constructors;

  /** What the constructor called next takes over; see wrapped.h. */
  struct Handover {
    const void* tag = nullptr;
    void* parts = nullptr;
  };
  Handover handover;

 private:
  void Drain(Napi::Env env);
  void Settle(Napi::Env env, const std::shared_ptr<Operation>& operation);
  void Forget(Napi::Env env, const std::shared_ptr<Operation>& operation);

  Napi::ThreadSafeFunction wake_;
  bool closed_ = false;
  std::unordered_set<std::shared_ptr<Operation>> running_;  // JavaScript thread only
  std::mutex mutex_;
  std::deque<std::shared_ptr<Operation>> finished_;  // guarded by mutex_
};

}  // namespace ovd
