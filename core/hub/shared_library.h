#pragma once
// A shared library of the system that is loaded when it is first needed: libcurl and libcrypto cost
// every process start several milliseconds, and only `sg model pull` and `verify` use them. Never
// unloaded. Private to core/hub.

#include <dlfcn.h>

#include <initializer_list>
#include <string>

#include "core/base/status.h"

namespace sg {

class SharedLibrary {
 public:
  // Loads the first of `names` that there is. kUnsupported says what to install (`package`).
  static Result<SharedLibrary> Open(std::initializer_list<const char*> names, const char* package) {
    for (const char* name : names) {
      if (void* handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL)) return SharedLibrary(handle);
    }
    return UnsupportedError(std::string("cannot load ") + *names.begin() +
                            "; install it (Debian: " + package + ")");
  }

  // Sets `function` to the symbol `name`; false if there is none.
  template <typename Function>
  bool Load(const char* name, Function*& function) const {
    function = reinterpret_cast<Function*>(::dlsym(handle_, name));
    return function != nullptr;
  }

 private:
  explicit SharedLibrary(void* handle) : handle_(handle) {}
  void* handle_;
};

}  // namespace sg
