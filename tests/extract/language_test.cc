#include "extract/language.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace sg {
namespace {

std::string Detect(std::string_view path, std::string_view content = "") {
  const Language* language = DetectLanguage(path, content);
  return language == nullptr ? "(none)" : std::string(language->name);
}

TEST(LanguageTest, NamesDecide) {
  const std::pair<const char*, const char*> kCases[] = {
      {"a.py", "python"},
      {"src/lib.rs", "rust"},
      {"a.c", "c"},
      {"a.CPP", "cpp"},
      {"kernel.cu", "cpp"},
      {"a.go", "go"},
      {"A.java", "java"},
      {"a.mjs", "javascript"},
      {"a.d.ts", "typescript"},
      {"a.tsx", "tsx"},
      {"Rakefile", "ruby"},
      {"a.php", "php"},
      {"a.cs", "csharp"},
      {"a.swift", "swift"},
      {"build.gradle.kts", "kotlin"},
      {"build.sbt", "scala"},
      {"a.mm", "objc"},
      {"a.hs", "haskell"},
      {"x.bats", "bash"},
      {"a.lua", "lua"},
      {"mix.exs", "elixir"},
      {"build.zig.zon", "zig"},
      {"a.mli", "ocaml"},
      {"a.jl", "julia"},
      {"tsconfig.json", "json"},
      {"a.yml", "yaml"},
      {"Cargo.toml", "toml"},
      {"a.html", "html"},
      {"a.css", "css"},
      {"README.md", "markdown"},
      {"Main.lean", "lean"},
      {"schema.sql", "sql"},
      {"notes.txt", "text"},
      {"a.rst", "rst"},
      {"CMakeLists.txt", "cmake"},
      {"Makefile", "makefile"},
      {"Makefile.am", "makefile"},
      {"Dockerfile.dev", "dockerfile"},
      {"LICENSE", "text"},
      {"LICENSE-MIT", "text"},
      {"Readme", "text"},
      {"config.h.in", "c"},
      {"app.conf.example", "ini"},
      {"main.tf", "terraform"},
      {"a.proto", "proto"},
      {"a.png", "(none)"},
      {"noextension", "(none)"},
      {".hidden", "(none)"},
      {"", "(none)"},
      {"dir.py/", "(none)"},
      {"a.", "(none)"},
  };
  for (const auto& [path, expected] : kCases) EXPECT_EQ(Detect(path), expected) << path;
}

TEST(LanguageTest, ContentDecidesWhereTheNameDoesNot) {
  EXPECT_EQ(Detect("a.h", "int f(void);\n"), "c");
  EXPECT_EQ(Detect("a.h", "namespace a {}\n"), "cpp");
  EXPECT_EQ(Detect("a.h", "int subclass_of(int namespaces);\n"), "c");
  EXPECT_EQ(Detect("a.h", "@interface A : NSObject\n@end\n"), "objc");
  EXPECT_EQ(Detect("a.m", "#import <A.h>\n"), "objc");
  EXPECT_EQ(Detect("a.m", "function y = f(x)\n% doc\n"), "matlab");
  EXPECT_EQ(Detect("a.v", "module m(input a);\n"), "verilog");
  EXPECT_EQ(Detect("a.v", "Require Import List.\n"), "coq");
  EXPECT_EQ(Detect("de.ts", "<?xml version=\"1.0\"?>\n"), "xml");
  EXPECT_EQ(Detect("a.inc", "<?php\n"), "php");
}

TEST(LanguageTest, InterpreterLines) {
  const std::pair<const char*, const char*> kCases[] = {
      {"#!/bin/sh\n", "bash"},
      {"#! /bin/bash -e\r\n", "bash"},
      {"#!/usr/bin/env python3\n", "python"},
      {"#!/usr/bin/python3.11 -u", "python"},
      {"#!/usr/bin/env -S deno run --allow-net\n", "typescript"},
      {"#!/usr/bin/env LC_ALL=C perl\n", "perl"},
      {"#!/usr/bin/env node\n", "javascript"},
      {"#!/usr/bin/env Rscript\n", "r"},
      {"#!/opt/unknown\n", "(none)"},
      {"#!", "(none)"},
      {"#!\n#!/bin/sh\n", "(none)"},
      {"no shebang\n", "(none)"},
  };
  for (const auto& [content, expected] : kCases) EXPECT_EQ(Detect("tool", content), expected);
  EXPECT_EQ(Detect("tool.unknown", "#!/bin/sh\n"), "bash");
  EXPECT_EQ(Detect("tool.py", "#!/bin/sh\n"), "python");  // the name is stronger
}

TEST(LanguageTest, EveryWordOfTheTableLeadsToItsRow) {
  std::map<std::string, std::string> owner;
  const auto claim = [&](std::string_view kind, std::string_view word, const Language& language) {
    const auto [it, fresh] =
        owner.emplace(std::string(kind).append(" ").append(word), language.name);
    EXPECT_TRUE(fresh) << it->first << " in both " << it->second << " and " << language.name;
  };
  for (const Language& language : AllLanguages()) {
    EXPECT_EQ(FindLanguage(language.name), &language);
    claim("name", language.name, language);
    EXPECT_FALSE(language.display.empty());
    for (const auto word : language.aliases) {
      claim("name", word, language);
      EXPECT_EQ(FindLanguage(word), &language) << word;
    }
    for (const auto word : language.extensions) {
      claim("extension", word, language);
      EXPECT_EQ(word[0], '.');
      EXPECT_EQ(DetectLanguage(std::string("x").append(word), ""), &language) << word;
    }
    for (const auto word : language.file_names) {
      claim("file", word, language);
      EXPECT_EQ(DetectLanguage(std::string("dir/").append(word), ""), &language) << word;
    }
  }
  EXPECT_EQ(FindLanguage("C++"), FindLanguage("cpp"));
  EXPECT_EQ(FindLanguage("no such language"), nullptr);
}

}  // namespace
}  // namespace sg
