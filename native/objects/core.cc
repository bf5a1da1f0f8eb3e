#include "objects/core.h"

#include <map>
#include <string>
#include <utility>

#include "arguments.h"
#include "environment.h"
#include "graph/check_node.h"
#include "memory/mapping.h"
#include "memory/paths.h"
#include "memory/regular_file.h"
#include "objects/compiled_model.h"
#include "objects/model.h"
#include "properties.h"

namespace ovd {
namespace {

/** Far beyond any network's description (weights are in the .bin), far below what would exhaust memory. */
constexpr uint64_t kMaxXmlBytes = uint64_t{256} << 20;

/** Maps the weights ourselves: those OpenVINO maps stay in memory after compiling. */
std::shared_ptr<ov::Model> ReadIr(ov::Core& core, const std::string& xml, std::string bin) {
  const bool binIsOptional = bin.empty();
  if (binIsOptional) bin = WithExtension(xml, ".bin");
  const auto text = RegularFile(xml).ReadText(kMaxXmlBytes);
  if (binIsOptional && !FileExists(bin)) return core.read_model(text, ov::Tensor());
  const auto mapping = Mapping::Open(bin);
  const ov::Tensor bytes(ov::element::u8, {mapping->size()}, const_cast<uint8_t*>(mapping->data()));
  // The tensor, and so each constant over it, keeps the file mapped.
  return core.read_model(text, ov::Tensor(bytes, mapping));
}

}  // namespace

Napi::Function Core::Define(Napi::Env env) {
  return DefineWrapped(env, {
                                InstanceMethod<&Core::ReadModel>("readModel"),
                                InstanceMethod<&Core::CompileModel>("compileModel"),
                                InstanceMethod<&Core::AvailableDevices>("availableDevices"),
                                InstanceMethod<&Core::GetProperty>("getProperty"),
                                InstanceMethod<&Core::SetProperty>("setProperty"),
                            });
}

Core::Core(const Napi::CallbackInfo& info) : Wrapped(info) {
  Guarded(info.Env(), [&] { core_ = std::make_shared<ov::Core>(); });
}

Napi::Value Core::ReadModel(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const auto xml = TextArgument(info, 0, "xmlPath");
    const auto bin = info[1].IsUndefined() ? std::string() : TextArgument(info, 1, "binPath");
    return Environment::Of(info.Env()).Run(info.Env(), {Value()}, [core = core_, xml, bin]() -> MakeResult {
      return Model::Wrap(ReadIr(*core, xml, bin), false);
    });
  });
}

Napi::Value Core::CompileModel(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const Options options(info, "compileModel");
    const auto source = options.Get("model");
    auto state = Model::Unwrap(source)->State();
    const std::string device = options.Text("device");
    auto properties = PropertiesFromScript(options.Get("properties"));
    const auto givenShapes = options.OptionalObject("shapes");
    const auto givenTypes = options.OptionalObject("elementTypes");
    auto shapes = givenShapes ? ShapesFromScript(*givenShapes) : std::map<std::string, ov::PartialShape>();
    auto types =
        givenTypes ? ElementTypesFromScript(*givenTypes) : std::map<std::string, ov::element::Type>();
    auto work = [core = core_, state, device, properties, shapes, types]() -> MakeResult {
      const auto graph = state->Clone();
      if (!types.empty()) Retype(*graph, types);
      if (!shapes.empty()) Reshape(*graph, shapes);
      if (state->isBuilt) CheckNodes(*graph);
      const EvictMappedPagesScope evicting(MappingsOf(*graph));
      return CompiledModel::Wrap(core->compile_model(graph, device, properties), *graph);
    };
    return Environment::Of(info.Env()).Run(info.Env(), {Value(), source.As<Napi::Object>()}, std::move(work));
  });
}

Napi::Value Core::AvailableDevices(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return Environment::Of(info.Env()).Run(info.Env(), {Value()}, [core = core_]() -> MakeResult {
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
    return Environment::Of(info.Env())
        .Run(info.Env(), {Value()}, [core = core_, device, name]() -> MakeResult {
          return [value = core->get_property(device, name)](Napi::Env env) {
            return PropertyToScript(env, value);
          };
        });
  });
}

Napi::Value Core::SetProperty(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const std::string device = TextArgument(info, 0, "device");
    auto properties = PropertiesFromScript(info[1]);
    return Environment::Of(info.Env())
        .Run(info.Env(), {Value()}, [core = core_, device, properties]() -> MakeResult {
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
