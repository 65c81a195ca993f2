# tree-sitter core and grammars from the pinned npm packages in node_modules (see package.json).
add_library(sg_grammars INTERFACE)
