#pragma once
// Text by a format of printf, of any length. Pure; callable from any thread.

#include <string>

namespace sg {

[[gnu::format(printf, 1, 2)]] std::string Format(const char* format, ...);

}  // namespace sg
