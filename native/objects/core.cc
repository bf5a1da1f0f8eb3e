#include "objects/core.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "arguments.h"
#include "objects/compiled_model.h"
#include "environment.h"
#include "objects/mapped_file.h"
#include "objects/model.h"
#include "properties.h"

namespace ovd {
namespace {

using Result = std::function<Napi::Value(Napi::Env)>;

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) throw CodedError("MODEL_NOT_FOUND", "Cannot read " + path.u8string());
  return text;
}

/** Maps the weights ourselves: those OpenVINO maps stay in memory after compiling. */
std::shared_ptr<ov::Model> ReadIr(ov::Core& core, const std::filesystem::path& xml,
                                  std::filesystem::path bin) {
  if (bin.empty()) bin = std::filesystem::path(xml).replace_extension(".bin");
  const auto text = ReadText(xml);
  if (!std::filesystem::exists(bin)) return core.read_model(text, ov::Tensor());
  const auto mapping = Mapping::Open(bin);
  const ov::Tensor bytes(ov::element::u8, {mapping->size()}, const_cast<uint8_t*>(mapping->data()));
  // The tensor, and so each constant over it, keeps the file mapped.
  return core.read_model(text, ov::Tensor(bytes, mapping));
}

}  // namespace

Napi::Function Core::Define(Napi::Env env) {
  return DefineClass(env, "Core",
                     {
                         InstanceMethod<&Core::ReadModel>("readModel"),
                         InstanceMethod<&Core::CompileModel>("compileModel"),
                         InstanceMethod<&Core::AvailableDevices>("availableDevices"),
                         InstanceMethod<&Core::GetProperty>("getProperty"),
                         InstanceMethod<&Core::SetProperty>("setProperty"),
                     });
}

Core::Core(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Core>(info) {
  Guarded(info.Env(), [&] { core_ = std::make_shared<ov::Core>(); });
}

Napi::Value Core::ReadModel(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const auto xml = std::filesystem::u8path(TextArgument(info, 0, "xmlPath"));
    const auto bin = info[1].IsUndefined() ? std::filesystem::path()
                                           : std::filesystem::u8path(TextArgument(info, 1, "binPath"));
    return Environment::Of(info.Env()).Run(info.Env(), {Value()}, [core = core_, xml, bin]() -> Result {
      return Model::Wrap(ReadIr(*core, xml, bin));
    });
  });
}

Napi::Value Core::CompileModel(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    if (!info[0].IsObject() ||
        !info[0].As<Napi::Object>().InstanceOf(Environment::Of(info.Env()).model.Value())) {
      throw CodedError("INVALID_ARGUMENT", "Expected a Model to compile");
    }
    const auto source = info[0].As<Napi::Object>();
    auto state = Model::Unwrap(source)->State();
    const std::string device = TextArgument(info, 1, "device");
    auto properties = PropertiesFromScript(info[2]);
    auto shapes = info[3].IsObject() ? ShapesFromScript(info[3].As<Napi::Object>())
                                     : std::map<std::string, ov::PartialShape>();
    auto types = info[4].IsObject() ? ElementTypesFromScript(info[4].As<Napi::Object>())
                                    : std::map<std::string, ov::element::Type>();
    auto work = [core = core_, state, device, properties, shapes, types]() -> Result {
      const auto graph = state->Clone();
      if (!types.empty()) Retype(*graph, types);
      if (!shapes.empty()) Reshape(*graph, shapes);
      const PassingMappings passing;
      return CompiledModel::Wrap(core->compile_model(graph, device, properties), *graph);
    };
    return Environment::Of(info.Env()).Run(info.Env(), {Value(), source}, std::move(work));
  });
}

Napi::Value Core::AvailableDevices(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return Environment::Of(info.Env()).Run(info.Env(), {Value()}, [core = core_]() -> Result {
      return [devices = core->get_available_devices()](Napi::Env env) {
        return PropertyToScript(env, ov::Any(devices));
      };
    });
  });
}

Napi::Value Core::GetProperty(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const std::string device = TextArgument(info, 0, "device");
    const std::string name = TextArgument(info, 1, "name");
    return Environment::Of(info.Env()).Run(info.Env(), {Value()}, [core = core_, device, name]() -> Result {
      return
          [value = core->get_property(device, name)](Napi::Env env) { return PropertyToScript(env, value); };
    });
  });
}

Napi::Value Core::SetProperty(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const std::string device = TextArgument(info, 0, "device");
    auto properties = PropertiesFromScript(info[1]);
    return Environment::Of(info.Env())
        .Run(info.Env(), {Value()}, [core = core_, device, properties]() -> Result {
          if (device.empty()) {
            core->set_property(properties);
          } else {
            core->set_property(device, properties);
          }
          return nullptr;
        });
  });
}

}  // namespace ovd
