// Weights in another type than they are stored in, computed on another thread into a scratch file.
#pragma once

#include <napi.h>

#include <memory>
#include <openvino/op/constant.hpp>
#include <string>
#include <vector>

#include "memory/scratch_file.h"
#include "wrapped.h"

namespace ovd {

/**
 * JavaScript: `new WeightConversion(folder)`, convert(constant, elementType, name), quantize(constant, name),
 * upsampling(constant, elementType, name), run().
 *
 * A network is built over the results at once; their values are there when the promise of `run` has resolved,
 * to the names of tensors with values beyond the range of the type they were to be converted to.
 */
class WeightConversion : public Wrapped<WeightConversion> {
 public:
  static constexpr const char* kName = "WeightConversion";
  static Napi::Function Define(Napi::Env env);
  explicit WeightConversion(const Napi::CallbackInfo& info);

 private:
  using Constant = std::shared_ptr<ov::op::v0::Constant>;

  enum class Kind {
    kConversion,
    /** To 8 bits with `scales`. */
    kQuantization,
    /** To kernels that upsample (upsampling_kernels.h). */
    kUpsampling,
  };

  /** One tensor to be computed. */
  struct Job {
    Kind kind;
    std::string name;
    Constant source;
    ov::element::Type type;
    ScratchFile::Region target;
    ScratchFile::Region scales;
  };

  /** Shared with the thread that works; only one of the two threads uses it at a time. */
  struct State {
    explicit State(const std::string& folder) : file(folder) {}
    ScratchFile file;
    std::vector<Job> jobs;
  };

  static std::vector<std::string> RunJobs(State& state);
  /** @returns false, and leaves the rest, where the target's type cannot hold a value */
  static bool Convert(ScratchFile& file, const Job& job);
  static void Quantize(ScratchFile& file, const Job& job);
  /** @returns false, and leaves the rest, where the target's type cannot hold a sum */
  static bool Upsample(ScratchFile& file, const Job& job);

  Napi::Value AddConversion(const Napi::CallbackInfo& info);
  Napi::Value AddQuantization(const Napi::CallbackInfo& info);
  Napi::Value AddUpsampling(const Napi::CallbackInfo& info);
  Napi::Value Run(const Napi::CallbackInfo& info);

  State& Open() const;
  static Napi::Object ConstantOver(Napi::Env env, const ScratchFile::Region& region,
                                   const ov::element::Type& type, const ov::Shape& shape,
                                   const std::string& name);

  std::shared_ptr<State> state_;
};

}  // namespace ovd
