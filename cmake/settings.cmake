# How targets are compiled.
#   sg_settings(TARGET)               our own code: include roots, warnings, instrumentation
#   sg_instrument_scanners(TARGET)    the hand-written C of the grammars
#
# Instrumentation is chosen by SG_SANITIZE, SG_FUZZ and SG_COVERAGE (see CMakePresets.json).

if((SG_FUZZ OR SG_COVERAGE) AND NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "SG_FUZZ and SG_COVERAGE need clang: configure with --preset fuzz")
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

# Grammars: their scanners and tree-sitter's core read hostile input and manage memory, so they get
# AddressSanitizer too. Not their parser.c, which are tables and take minutes to instrument, and not
# UndefinedBehaviorSanitizer, which stops at harmless habits of code that is not ours.
function(sg_instrument_scanners target)
  if(NOT SG_SANITIZE MATCHES "address")
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources EXCLUDE REGEX "/parser\\.c$")
  set_property(SOURCE ${sources} APPEND PROPERTY COMPILE_OPTIONS -fsanitize=address
                                                 -fno-omit-frame-pointer)
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
    if(NOT target MATCHES "_(tests|fuzz|bench)$")
      target_compile_options(${target} PRIVATE -fprofile-instr-generate -fcoverage-mapping)
    endif()
    target_link_options(${target} PUBLIC -fprofile-instr-generate)
  endif()
endfunction()
