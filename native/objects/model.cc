#include "objects/model.h"

#include <fstream>
#include <openvino/op/constant.hpp>
#include <openvino/pass/serialize.hpp>
#include <ostream>
#include <set>
#include <utility>

#include "arguments.h"
#include "environment.h"
#include "memory/paths.h"

namespace ovd {

std::shared_ptr<ov::Model> ModelState::Clone() {
  std::lock_guard<std::mutex> lock(mutex);
  return model->clone();
}

namespace {

/** The index of the input called `name`; unknown names are an error that lists the inputs there are. */
size_t InputIndex(const ov::Model& model, const std::string& name) {
  const auto inputs = model.inputs();
  std::string known;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto& names = inputs[i].get_names();
    if (names.count(name) > 0) return i;
    known += (known.empty() ? "'" : ", '") + (names.empty() ? std::to_string(i) : *names.begin()) + "'";
  }
  throw CodedError("INVALID_ARGUMENT", "The model has no input '" + name + "'; its inputs are " + known);
}

/**
 * Not inlined, so that the pass is destroyed through its base, in OpenVINO: its own destructor, were it
 * compiled here, would need std::filesystem::path's.
 */
#if defined(__GNUC__)
__attribute__((noinline))
#endif
std::unique_ptr<ov::pass::ModelPass> SerializePass(std::ostream& xml, std::ostream& bin) {
  return std::unique_ptr<ov::pass::ModelPass>(new ov::pass::Serialize(xml, bin));
}

std::ofstream Create(const std::string& path) {
  std::ofstream file(NativePath(path).c_str(), std::ios::binary | std::ios::trunc);
  if (!file) throw CodedError("SAVE_FAILED", "Cannot write " + path);
  return file;
}

void Finish(std::ofstream& file, const std::string& path) {
  file.close();
  if (!file) throw CodedError("SAVE_FAILED", "Cannot write all of " + path + ": is the disk full?");
}

/** ov::serialize, which takes std::filesystem::path, over streams. */
void WriteIr(const std::shared_ptr<ov::Model>& model, const std::string& xmlPath,
             const std::string& binPath) {
  std::ofstream bin = Create(binPath);
  std::ofstream xml = Create(xmlPath);
  SerializePass(xml, bin)->run_on_model(model);
  Finish(bin, binPath);
  Finish(xml, xmlPath);
}

}  // namespace

void Reshape(ov::Model& model, const std::map<std::string, ov::PartialShape>& shapes) {
  std::map<size_t, ov::PartialShape> byIndex;
  for (const auto& [name, shape] : shapes) byIndex[InputIndex(model, name)] = shape;
  model.reshape(byIndex);
}

void Retype(ov::Model& model, const std::map<std::string, ov::element::Type>& types) {
  for (const auto& [name, type] : types)
    model.get_parameters()[InputIndex(model, name)]->set_element_type(type);
  model.validate_nodes_and_infer_types();
}

std::vector<std::shared_ptr<const Mapping>> MappingsOf(const ov::Model& model) {
  std::set<std::shared_ptr<const Mapping>> found;
  for (const auto& node : model.get_ops()) {
    const auto constant = ov::as_type_ptr<ov::op::v0::Constant>(node);
    if (!constant || constant->get_byte_size() == 0) continue;
    if (auto mapping = Mapping::Find(constant->get_data_ptr())) found.insert(std::move(mapping));
  }
  return {found.begin(), found.end()};
}

size_t WeightBytes(const ov::Model& model, size_t floatBytes) {
  size_t bytes = 0;
  for (const auto& node : model.get_ops()) {
    const auto constant = ov::as_type_ptr<ov::op::v0::Constant>(node);
    if (!constant) continue;
    const bool isReal = constant->get_element_type().is_real();
    bytes += isReal ? ov::shape_size(constant->get_shape()) * floatBytes : constant->get_byte_size();
  }
  return bytes;
}

Napi::Function Model::Define(Napi::Env env) {
  return DefineWrapped(env, {
                                InstanceAccessor<&Model::Inputs>("inputs"),
                                InstanceAccessor<&Model::Outputs>("outputs"),
                                InstanceMethod<&Model::CountWeightBytes>("weightBytes"),
                                InstanceMethod<&Model::ReshapePorts>("reshape"),
                                InstanceMethod<&Model::Serialize>("serialize"),
                                InstanceMethod<&Model::Dispose>("dispose"),
                            });
}

MakeResult Model::Wrap(std::shared_ptr<ov::Model> model, bool isBuilt) {
  ModelParts parts;
  parts.inputs = DescribePorts(model->inputs());
  parts.outputs = DescribePorts(model->outputs());
  parts.state = std::make_shared<ModelState>(std::move(model), isBuilt);
  return [parts = std::move(parts)](Napi::Env env) -> Napi::Value { return Make(env, parts); };
}

std::shared_ptr<ModelState> Model::State() const {
  if (!parts_.state) throw CodedError("DISPOSED", "The model was disposed");
  return parts_.state;
}

Napi::Value Model::Inputs(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] { return PortsToScript(info.Env(), parts_.inputs); });
}

Napi::Value Model::Outputs(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] { return PortsToScript(info.Env(), parts_.outputs); });
}

Napi::Value Model::CountWeightBytes(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const double floatBytes = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : 0;
    if (floatBytes != 1 && floatBytes != 2 && floatBytes != 4) {
      throw CodedError("INVALID_ARGUMENT", "Expected 1, 2 or 4 bytes an element");
    }
    const auto state = State();
    std::lock_guard<std::mutex> lock(state->mutex);
    const size_t bytes = WeightBytes(*state->model, static_cast<size_t>(floatBytes));
    return Napi::Number::New(info.Env(), static_cast<double>(bytes));
  });
}

Napi::Value Model::ReshapePorts(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    if (!info[0].IsObject()) throw CodedError("INVALID_ARGUMENT", "Expected { portName: shape } for reshape");
    auto shapes = ShapesFromScript(info[0].As<Napi::Object>());
    auto work = [this, state = State(), shapes = std::move(shapes)]() -> MakeResult {
      std::vector<Port> inputs;
      std::vector<Port> outputs;
      {
        std::lock_guard<std::mutex> lock(state->mutex);
        Reshape(*state->model, shapes);
        inputs = DescribePorts(state->model->inputs());
        outputs = DescribePorts(state->model->outputs());
      }
      return [this, inputs, outputs](Napi::Env env) -> Napi::Value {
        parts_.inputs = inputs;
        parts_.outputs = outputs;
        return env.Undefined();
      };
    };
    return Environment::Of(info.Env()).Run(info.Env(), {Value()}, std::move(work));
  });
}

Napi::Value Model::Serialize(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const auto xml = TextArgument(info, 0, "xmlPath");
    const auto bin = TextArgument(info, 1, "binPath");
    auto work = [state = State(), xml, bin]() -> MakeResult {
      std::lock_guard<std::mutex> lock(state->mutex);
      WriteIr(state->model, xml, bin);
      return nullptr;
    };
    return Environment::Of(info.Env()).Run(info.Env(), {Value()}, std::move(work));
  });
}

Napi::Value Model::Dispose(const Napi::CallbackInfo& info) {
  parts_.state.reset();
  return info.Env().Undefined();
}

}  // namespace ovd
