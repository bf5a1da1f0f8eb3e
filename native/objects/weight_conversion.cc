#include "objects/weight_conversion.h"

#include <algorithm>
#include <cstdint>
#include <openvino/core/type/float16.hpp>
#include <openvino/runtime/tensor.hpp>
#include <set>
#include <string>
#include <utility>

#include "arguments.h"
#include "element_type.h"
#include "environment.h"
#include "graph/graph_output.h"
#include "objects/upsampling_kernels.h"
#include "objects/weight_blocks.h"

namespace ovd {
namespace {

std::shared_ptr<ov::op::v0::Constant> ConstantFrom(const Napi::CallbackInfo& info, size_t index) {
  const auto& output = GraphOutput::From(info[index]);
  auto constant = ov::as_type_ptr<ov::op::v0::Constant>(output.get_node_shared_ptr());
  if (!constant) throw CodedError("INVALID_ARGUMENT", "Expected a constant to convert");
  return constant;
}

}  // namespace

Napi::Function WeightConversion::Define(Napi::Env env) {
  return DefineWrapped(env, {
                                InstanceMethod<&WeightConversion::AddConversion>("convert"),
                                InstanceMethod<&WeightConversion::AddQuantization>("quantize"),
                                InstanceMethod<&WeightConversion::AddUpsampling>("upsampling"),
                                InstanceMethod<&WeightConversion::Run>("run"),
                            });
}

WeightConversion::WeightConversion(const Napi::CallbackInfo& info) : Wrapped(info) {
  Guarded(info.Env(), [&] { state_ = std::make_shared<State>(TextArgument(info, 0, "folder")); });
}

WeightConversion::State& WeightConversion::Open() const {
  if (!state_) throw CodedError("DISPOSED", "The conversion was disposed");
  return *state_;
}

Napi::Object WeightConversion::ConstantOver(Napi::Env env, const ScratchFile::Region& region,
                                            const ov::element::Type& type, const ov::Shape& shape,
                                            const std::string& name) {
  auto constant = std::make_shared<ov::op::v0::Constant>(type, shape, region.data, region.mapping);
  constant->set_friendly_name(name);
  return GraphOutput::Make(env, constant->output(0));
}

Napi::Value WeightConversion::AddConversion(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    State& state = Open();
    const auto source = ConstantFrom(info, 0);
    const auto type = ElementTypeFromName(TextArgument(info, 1, "elementType"));
    const std::string name = TextArgument(info, 2, "name");
    const auto region = state.file.Reserve(ov::shape_size(source->get_shape()) * type.size());
    state.jobs.push_back({Kind::kConversion, name, source, type, region, {}});
    return ConstantOver(info.Env(), region, type, source->get_shape(), name);
  });
}

Napi::Value WeightConversion::AddQuantization(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    State& state = Open();
    const auto source = ConstantFrom(info, 0);
    const std::string name = TextArgument(info, 1, "name");
    const ov::Shape& shape = source->get_shape();
    if (shape.empty() || ov::shape_size(shape) == 0)
      throw CodedError("SHAPE_MISMATCH", "Expected a tensor with output channels to quantize");
    ov::Shape scaleShape(shape.size(), 1);
    scaleShape[0] = shape[0];
    const auto region = state.file.Reserve(ov::shape_size(shape));
    const auto scales = state.file.Reserve(shape[0] * sizeof(float));
    state.jobs.push_back({Kind::kQuantization, name, source, ov::element::i8, region, scales});
    Napi::Array outputs = Napi::Array::New(info.Env(), 2);
    outputs.Set(0U, ConstantOver(info.Env(), region, ov::element::i8, shape, name));
    outputs.Set(1U, ConstantOver(info.Env(), scales, ov::element::f32, scaleShape, name + "/scale"));
    return outputs;
  });
}

Napi::Value WeightConversion::AddUpsampling(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    State& state = Open();
    const auto source = ConstantFrom(info, 0);
    const auto type = ElementTypeFromName(TextArgument(info, 1, "elementType"));
    const std::string name = TextArgument(info, 2, "name");
    if (type != ov::element::f32 && type != ov::element::f16)
      throw CodedError("INVALID_ARGUMENT", "Expected kernels of f32 or f16 but got " + type.get_type_name());
    const ov::Shape& shape = source->get_shape();
    if (shape.size() != 4 || shape[2] != 3 || shape[3] != 3 || ov::shape_size(shape) == 0)
      throw CodedError("SHAPE_MISMATCH", "Expected the kernels of a 3x3 convolution");
    const ov::Shape summed{shape[1], shape[0], 4, 4};
    const auto region = state.file.Reserve(ov::shape_size(summed) * type.size());
    state.jobs.push_back({Kind::kUpsampling, name, source, type, region, {}});
    return ConstantOver(info.Env(), region, type, summed, name);
  });
}

Napi::Value WeightConversion::Run(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    Open();
    // Nothing can be added any more: the thread has the file to itself.
    auto state = std::exchange(state_, nullptr);
    auto work = [state]() -> MakeResult {
      return [names = RunJobs(*state)](Napi::Env env) -> Napi::Value {
        Napi::Array list = Napi::Array::New(env, names.size());
        for (uint32_t i = 0; i < names.size(); ++i) list.Set(i, Napi::String::New(env, names[i]));
        return list;
      };
    };
    return Environment::Of(info.Env()).Run(info.Env(), {Value()}, std::move(work));
  });
}

std::vector<std::string> WeightConversion::RunJobs(State& state) {
  std::set<std::shared_ptr<const Mapping>> mappings;
  for (const Job& job : state.jobs) {
    if (auto source = Mapping::Find(job.source->get_data_ptr())) mappings.insert(std::move(source));
    mappings.insert(job.target.mapping);
  }
  const EvictMappedPagesScope evicting({mappings.begin(), mappings.end()});
  std::vector<std::string> outOfRange;
  for (const Job& job : state.jobs) {
    if (job.kind == Kind::kQuantization) {
      Quantize(state.file, job);
    } else if (!(job.kind == Kind::kUpsampling ? Upsample : Convert)(state.file, job)) {
      outOfRange.push_back(job.name);
    }
  }
  state.jobs.clear();
  return outOfRange;
}

bool WeightConversion::Convert(ScratchFile& file, const Job& job) {
  BlockConverter toTarget(*job.source, job.type);
  BlockConverter toFloat(*job.source, ov::element::f32);
  const bool isReal = job.source->get_element_type().is_real();
  const float limit = LimitOf(job.type);
  const size_t count = ov::shape_size(job.source->get_shape());
  for (size_t first = 0; first < count; first += kBlock) {
    const size_t length = std::min(kBlock, count - first);
    if (isReal && LargestMagnitude(Floats(toFloat(first, length)), length, job.name) > limit) return false;
    const ov::Tensor& block = toTarget(first, length);
    file.Write(job.target, first * job.type.size(), std::as_const(block).data(), block.get_byte_size());
  }
  return true;
}

void WeightConversion::Quantize(ScratchFile& file, const Job& job) {
  BlockConverter converter(*job.source, ov::element::f32);
  const ov::Shape& shape = job.source->get_shape();
  const size_t channels = shape[0];
  const size_t width = ov::shape_size(shape) / channels;
  std::vector<float> scales(channels);
  std::vector<int8_t> row(width);
  for (size_t channel = 0; channel < channels; ++channel) {
    const float* weights = Floats(converter(channel * width, width));
    const float largest = LargestMagnitude(weights, width, job.name);
    // The smallest normal number keeps channels of zeros from dividing by zero.
    const float scale = std::max(largest / 127.0F, std::numeric_limits<float>::min());
    for (size_t i = 0; i < width; ++i) {
      // Adding and taking away 1.5 · 2²³ rounds to the nearest whole number, ties to even.
      const float rounded = (weights[i] / scale + 12582912.0F) - 12582912.0F;
      row[i] = static_cast<int8_t>(std::max(-127.0F, std::min(127.0F, rounded)));
    }
    scales[channel] = scale;
    file.Write(job.target, channel * width, row.data(), width);
  }
  file.Write(job.scales, 0, scales.data(), channels * sizeof(float));
}

bool WeightConversion::Upsample(ScratchFile& file, const Job& job) {
  BlockConverter converter(*job.source, ov::element::f32);
  const ov::Shape& shape = job.source->get_shape();
  const size_t outputs = shape[0];
  const size_t inputs = shape[1];
  const size_t width = inputs * kConvolutionTaps;
  const size_t most = std::max<size_t>(1, kBlock / width);
  std::vector<float> kernels;
  std::vector<ov::float16> halves;
  for (size_t first = 0; first < outputs; first += most) {
    const size_t count = std::min(most, outputs - first);
    const float* weights = Floats(converter(first * width, count * width));
    LargestMagnitude(weights, count * width, job.name);
    SumUpsamplingTaps(weights, count, inputs, kernels);
    if (LargestMagnitude(kernels.data(), kernels.size(), job.name) > LimitOf(job.type)) return false;
    const void* data = kernels.data();
    if (job.type == ov::element::f16) {
      halves.assign(kernels.begin(), kernels.end());
      data = halves.data();
    }
    // The output channels at hand are next to each other for one input channel only.
    const size_t bytes = count * kUpsamplingTaps * job.type.size();
    for (size_t input = 0; input < inputs; ++input) {
      file.Write(job.target, (input * outputs + first) * kUpsamplingTaps * job.type.size(),
                 static_cast<const uint8_t*>(data) + input * bytes, bytes);
    }
  }
  return true;
}

}  // namespace ovd
