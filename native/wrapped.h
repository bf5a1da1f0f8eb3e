// What the classes whose instances JavaScript holds have in common.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <utility>

#include "environment.h"
#include "errors.h"

namespace ovd {

/**
 * Base of a class that JavaScript sees; `T::kName` is its name there. Every instance carries a type tag, so
 * that neither a swapped prototype nor another object as `this` is ever taken for one.
 */
template <typename T>
class Wrapped : public Napi::ObjectWrap<T> {
 public:
  /**
   * The C++ object behind `value`. Hides ObjectWrap's, which trusts every wrapped object; node-addon-api
   * calls this one for the `this` of methods, too.
   */
  static T* Unwrap(const Napi::Value& value) {
    if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&Tag())) {
      throw ToError(value.Env(), {"INVALID_ARGUMENT", std::string("Expected a ") + T::kName});
    }
    return Napi::ObjectWrap<T>::Unwrap(value.As<Napi::Object>());
  }

 protected:
  explicit Wrapped(const Napi::CallbackInfo& info) : Napi::ObjectWrap<T>(info) {
    info.This().As<Napi::Object>().TypeTag(&Tag());
  }

  static Napi::Function DefineWrapped(
      Napi::Env env, const std::initializer_list<Napi::ClassPropertyDescriptor<T>>& properties) {
    const Napi::Function constructor = Napi::ObjectWrap<T>::DefineClass(env, T::kName, properties);
    Environment::Of(env).constructors[&Tag()] = Napi::Persistent(constructor);
    return constructor;
  }

  /**
   * Makes an instance from C++: its constructor finds `parts` through `TakeParts`. They do not travel as an
   * argument, since scripts can get hold of Napi::External values of other addons and of Node itself.
   */
  template <typename Parts>
  static Napi::Object Construct(Napi::Env env, Parts& parts) {
    Environment& environment = Environment::Of(env);
    environment.handover = {&Tag(), &parts};
    try {
      return environment.constructors.at(&Tag()).New({});
    } catch (...) {
      environment.handover = {};
      throw;
    }
  }

  /** What `Construct` passes on; null when a script called the constructor. */
  template <typename Parts>
  static Parts* TakeParts(Napi::Env env) {
    auto& handover = Environment::Of(env).handover;
    if (handover.tag != &Tag()) return nullptr;
    return static_cast<Parts*>(std::exchange(handover, {}).parts);
  }

 private:
  /** Unique to this class of this copy of the addon. */
  static const napi_type_tag& Tag() {
    static const char anchor = 0;
    static const napi_type_tag tag = {0x6f76645f6f626a73, reinterpret_cast<uintptr_t>(&anchor)};
    return tag;
  }
};

/**
 * Base of a class that only C++ makes instances of, each over `Parts`; `T::kMaker` names what makes them.
 * JavaScript's `new` is refused.
 */
template <typename T, typename Parts>
class MadeFrom : public Wrapped<T> {
 public:
  static Napi::Object Make(Napi::Env env, Parts parts) { return Wrapped<T>::Construct(env, parts); }

 protected:
  explicit MadeFrom(const Napi::CallbackInfo& info) : Wrapped<T>(info) {
    auto* parts = Wrapped<T>::template TakeParts<Parts>(info.Env());
    if (parts == nullptr) {
      throw ToError(info.Env(),
                    {"INVALID_ARGUMENT", std::string("A ") + T::kName + " comes from " + T::kMaker});
    }
    parts_ = std::move(*parts);
  }

  Parts parts_;
};

}  // namespace ovd
