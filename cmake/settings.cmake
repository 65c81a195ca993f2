# How targets are compiled. Two doors:
#   sg_settings(TARGET)     our own code: include roots, warnings, instrumentation
#   sg_instrument(TARGET)   third-party code that we compile (grammars): instrumentation only
#
# Instrumentation is chosen by SG_SANITIZE, SG_FUZZ and SG_COVERAGE (see CMakePresets.json).

if(SG_FUZZ AND NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "SG_FUZZ needs clang: configure with --preset fuzz")
endif()

function(sg_instrument target)
  set(flags "")
  if(SG_SANITIZE)
    list(APPEND flags -fsanitize=${SG_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${SG_SANITIZE})
    if(SG_SANITIZE MATCHES "undefined")
      # Undefined behaviour ends the test instead of being a line in its output.
      list(APPEND flags -fno-sanitize-recover=undefined)
    endif()
  endif()
  if(SG_FUZZ)
    list(APPEND flags -fsanitize=fuzzer-no-link)
  endif()
  target_compile_options(${target} PRIVATE ${flags})
endfunction()

function(sg_settings target)
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                                           -Wno-missing-field-initializers)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # False alarms on "literal" + std::string: https://gcc.gnu.org/PR105651, fixed in 13.
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
  endif()
  if(SG_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  sg_instrument(${target})
  if(SG_COVERAGE)
    target_compile_options(${target} PRIVATE --coverage)
    target_link_options(${target} PUBLIC --coverage)
  endif()
endfunction()
