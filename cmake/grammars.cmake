# tree-sitter core and grammars from the pinned npm packages in node_modules (package.json,
# package-lock.json). One static library, sg_grammars; it also gives the folder of
# tree_sitter/api.h. A new grammar: a line in package.json and a row in SG_GRAMMAR_FOLDERS.
set(SG_NODE_MODULES ${PROJECT_SOURCE_DIR}/node_modules
    CACHE PATH "Folder that holds the npm packages of tree-sitter and its grammars")
set(SG_TREE_SITTER ${SG_NODE_MODULES}/tree-sitter/vendor/tree-sitter/lib)
if(NOT EXISTS ${SG_TREE_SITTER}/src/lib.c)
  message(FATAL_ERROR "The tree-sitter sources are missing (${SG_TREE_SITTER}).\n"
                      "Run this first, in ${PROJECT_SOURCE_DIR}:\n"
                      "  npm ci --ignore-scripts\n"
                      "or name a folder that has them with -DSG_NODE_MODULES=...")
endif()

# Folders with parser.c and perhaps scanner.c, below node_modules.
set(SG_GRAMMAR_FOLDERS
    tree-sitter-python/src
    tree-sitter-rust/src
    tree-sitter-c/src
    tree-sitter-cpp/src
    tree-sitter-go/src
    tree-sitter-java/src
    tree-sitter-javascript/src
    tree-sitter-typescript/typescript/src
    tree-sitter-typescript/tsx/src
    tree-sitter-ruby/src
    tree-sitter-php/php/src
    tree-sitter-c-sharp/src
    tree-sitter-swift/src
    @tree-sitter-grammars/tree-sitter-kotlin/src
    tree-sitter-scala/src
    tree-sitter-objc/src
    tree-sitter-haskell/src
    tree-sitter-bash/src
    @tree-sitter-grammars/tree-sitter-lua/src
    tree-sitter-elixir/src
    @tree-sitter-grammars/tree-sitter-zig/src
    tree-sitter-ocaml/grammars/ocaml/src
    tree-sitter-ocaml/grammars/interface/src
    tree-sitter-julia/src
    tree-sitter-json/src
    @tree-sitter-grammars/tree-sitter-yaml/src
    @tree-sitter-grammars/tree-sitter-toml/src
    tree-sitter-html/src
    tree-sitter-css/src
    @tree-sitter-grammars/tree-sitter-markdown/tree-sitter-markdown/src)

add_library(sg_grammars STATIC ${SG_TREE_SITTER}/src/lib.c)
target_include_directories(sg_grammars SYSTEM PUBLIC ${SG_TREE_SITTER}/include)
target_include_directories(sg_grammars PRIVATE ${SG_TREE_SITTER}/src)
foreach(folder ${SG_GRAMMAR_FOLDERS})
  set(folder ${SG_NODE_MODULES}/${folder})
  if(NOT EXISTS ${folder}/parser.c)
    message(FATAL_ERROR "The grammar ${folder} is missing.\n"
                        "Run this first, in ${PROJECT_SOURCE_DIR}:\n"
                        "  npm ci --ignore-scripts")
  endif()
  target_sources(sg_grammars PRIVATE ${folder}/parser.c)
  set_property(SOURCE ${folder}/parser.c PROPERTY INCLUDE_DIRECTORIES ${folder})
  if(EXISTS ${folder}/scanner.c)
    target_sources(sg_grammars PRIVATE ${folder}/scanner.c)
    set_property(SOURCE ${folder}/scanner.c PROPERTY INCLUDE_DIRECTORIES ${folder})
    if(folder MATCHES "tree-sitter-swift")
      set_property(SOURCE ${folder}/scanner.c APPEND PROPERTY COMPILE_OPTIONS
                   -include ${PROJECT_SOURCE_DIR}/cmake/swift_scanner_alloc.h)
    endif()
  endif()
endforeach()
# Not our code: no warnings. Always optimised, also in debug and sanitizer builds: parsing is the
# floor of indexing time. _GNU_SOURCE-family macros are what lib.c needs under -std=c11.
target_compile_options(sg_grammars PRIVATE -w -O2)
target_compile_definitions(sg_grammars PRIVATE _POSIX_C_SOURCE=200112L _DEFAULT_SOURCE)
set_target_properties(sg_grammars PROPERTIES POSITION_INDEPENDENT_CODE ON)
