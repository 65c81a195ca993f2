#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <thread>

#include "apps/sg/commands/commands.h"
#include "apps/sg/render/vectors.h"
#include "apps/sg/report.h"
#include "apps/sg/terminal.h"
#include "apps/sg/update.h"
#include "core/base/file.h"
#include "core/model/catalogue.h"
#include "core/text/ascii.h"

namespace sg {
namespace {

constexpr size_t kBatchTexts = 256;
constexpr uint64_t kMaxInputBytes = uint64_t{1} << 30;
constexpr size_t kMaxTokens = 8192;  // of a text; most models stop earlier

struct EmbedFlags {
  std::vector<std::string> texts;
  std::optional<std::string> file;
  std::string format = "text";
  std::string precision = "auto";
  std::string task;
  bool query = false;
  bool json = false;
  Settings settings;
};

Result<std::string> ReadStandardInput() {
  std::string bytes;
  std::vector<char> buffer(size_t{1} << 16);
  while (true) {
    const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError("read", "standard input", errno);
    if (n == 0) return bytes;
    bytes.append(buffer.data(), static_cast<size_t>(n));
    if (bytes.size() > kMaxInputBytes) return ResourceExhaustedError("the input is over 1 GB");
  }
}

Result<std::unique_ptr<Embedder>> OpenModelOf(const EmbedFlags& flags) {
  SG_ASSIGN_OR_RETURN(const Settings settings, SettingsOutsideProjects(flags.settings));
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  const uint64_t wanted = settings.threads.value_or(0);
  return OpenModel(settings, std::string(kBundledModelName),
                   {.threads = wanted > 0 ? static_cast<size_t>(wanted) : cores,
                    .max_tokens = settings.max_tokens_per_chunk.value_or(kMaxTokens),
                    .precision = flags.precision,
                    .first_role = flags.query ? TextRole::kQuery : TextRole::kPassage,
                    .task = flags.task});
}

std::string_view RowBytes(const Matrix& matrix) {
  return {reinterpret_cast<const char*>(matrix.data.data()), matrix.data.size() * sizeof(float)};
}

// Prints the vectors of texts that come in batches: head, batches, tail.
class Printer {
 public:
  Printer(const Embedder& embedder, VectorFormat format, TextRole role)
      : embedder_(embedder), format_(format), role_(role) {}

  Status PrintAll(std::span<const std::string_view> texts) {
    if (format_ == VectorFormat::kJson) SG_RETURN_IF_ERROR(Print(JsonVectorsHead(Space_())));
    if (format_ == VectorFormat::kNpy && !Space_().multi_vector) {
      SG_RETURN_IF_ERROR(Print(NpyHeader(texts.size(), Space_().dim)));
    }
    for (size_t begin = 0; begin < texts.size(); begin += kBatchTexts) {
      const auto batch = texts.subspan(begin, std::min(kBatchTexts, texts.size() - begin));
      SG_RETURN_IF_ERROR(Space_().multi_vector ? PrintTokens(batch) : PrintVectors(batch));
    }
    return format_ == VectorFormat::kJson ? Print(JsonVectorsTail()) : Status::Ok();
  }

 private:
  const Space& Space_() const { return embedder_.space(); }

  Status PrintVectors(std::span<const std::string_view> batch) {
    SG_ASSIGN_OR_RETURN(const Matrix vectors, embedder_.Embed(batch, role_));
    switch (format_) {
      case VectorFormat::kText: return Print(RenderVectors(vectors));
      case VectorFormat::kNpy: return Print(RowBytes(vectors));
      case VectorFormat::kJson: return PrintJson(JsonRows(vectors));
    }
    return Status::Ok();
  }

  Status PrintTokens(std::span<const std::string_view> batch) {
    SG_ASSIGN_OR_RETURN(const std::vector<TokenEmbeddings> all,
                        embedder_.EmbedTokens(batch, role_));
    for (size_t i = 0; i < all.size(); ++i) {
      switch (format_) {
        case VectorFormat::kText:
          SG_RETURN_IF_ERROR(Print(RenderTokenVectors(batch[i], all[i]) + "\n"));
          break;
        case VectorFormat::kNpy:  // one text: checked before
          SG_RETURN_IF_ERROR(Print(NpyHeader(all[i].vectors.rows, all[i].vectors.cols)));
          SG_RETURN_IF_ERROR(Print(RowBytes(all[i].vectors)));
          break;
        case VectorFormat::kJson: SG_RETURN_IF_ERROR(PrintJson(JsonTokens(all[i]))); break;
      }
    }
    return Status::Ok();
  }

  Status PrintJson(const std::string& items) {
    SG_RETURN_IF_ERROR(Print((first_ ? "" : ",") + items));
    first_ = false;
    return Status::Ok();
  }

  const Embedder& embedder_;
  const VectorFormat format_;
  const TextRole role_;
  bool first_ = true;
};

Status Embed(const EmbedFlags& flags) {
  SG_ASSIGN_OR_RETURN(const VectorFormat format, ParseVectorFormat(flags.format));
  if (flags.texts.empty() && !flags.file) {
    return InvalidArgumentError("nothing to embed: give TEXT, or --file FILE with a text a line");
  }
  if (format == VectorFormat::kNpy && DetectTerminal().stdout_is_terminal) {
    return InvalidArgumentError("--format npy is for a file: sg embed ... > vectors.npy");
  }
  std::string input;
  if (flags.file) {
    SG_ASSIGN_OR_RETURN(
        input, *flags.file == "-" ? ReadStandardInput() : ReadFile(*flags.file, kMaxInputBytes));
  }
  std::vector<std::string_view> texts(flags.texts.begin(), flags.texts.end());
  for (std::string_view rest = input; !rest.empty();) texts.push_back(TakeTextLine(&rest));
  SG_ASSIGN_OR_RETURN(const std::unique_ptr<Embedder> embedder, OpenModelOf(flags));
  if (format == VectorFormat::kNpy && embedder->space().multi_vector && texts.size() != 1) {
    return InvalidArgumentError(embedder->space().model_name +
                                " gives one vector a token: --format npy takes one text at a time");
  }
  return Printer(*embedder, format, flags.query ? TextRole::kQuery : TextRole::kPassage)
      .PrintAll(texts);
}

Status Compare(const EmbedFlags& flags) {
  SG_ASSIGN_OR_RETURN(const std::unique_ptr<Embedder> embedder, OpenModelOf(flags));
  const Space& space = embedder->space();
  const std::string_view a = flags.texts[0], b = flags.texts[1];
  if (!space.multi_vector) {
    const TextRole role = flags.query ? TextRole::kQuery : TextRole::kPassage;
    SG_ASSIGN_OR_RETURN(const Matrix first, embedder->Embed({&a, 1}, role));
    SG_ASSIGN_OR_RETURN(const Matrix second, embedder->Embed({&b, 1}, TextRole::kPassage));
    const float cosine = CosineSimilarity(first.row(0), second.row(0));
    return Print(flags.json ? RenderJsonCosine(space, cosine) : RenderCosine(cosine));
  }
  SG_ASSIGN_OR_RETURN(const auto query, embedder->EmbedTokens({&a, 1}, TextRole::kQuery));
  SG_ASSIGN_OR_RETURN(const auto passage, embedder->EmbedTokens({&b, 1}, TextRole::kPassage));
  const MaxSimScore score = AlignTokens(query[0], passage[0]);
  const ComparedTexts texts{a, b, query[0], passage[0]};
  return Print(flags.json ? RenderJsonMaxSim(space, score, texts) : RenderMaxSim(score, texts));
}

void AddEmbedderFlags(CLI::App& command, EmbedFlags& flags) {
  AddModelFlags(command, flags.settings);
  command.add_option("--precision", flags.precision, "auto, f32, bf16 or int8 (default: auto)")
      ->type_name("WORD");
  command
      .add_option("--task", flags.task,
                  "Of models with an adapter for each task (see: sg model info): use this one")
      ->type_name("NAME");
  AddChunkTokensOption(command, flags.settings);
}

}  // namespace

void DefineEmbed(CLI::App& command, Action& run) {
  const auto flags = std::make_shared<EmbedFlags>();
  command.add_option("TEXT", flags->texts, "What to embed; each argument is a text");
  command.add_option("--file", flags->file, "Embed each line of this file (-: standard input)")
      ->type_name("FILE");
  command.add_flag("--query", flags->query, "Embed as questions, not as passages");
  command.add_option("--format", flags->format, "text, json or npy (default: text)")
      ->type_name("WORD");
  AddEmbedderFlags(command, *flags);
  command.footer(
      "Examples:\n"
      "  sg embed \"parse the arguments\"\n"
      "  sg embed --model minilm --file lines.txt --format npy > vectors.npy");
  command.callback([flags, &run] {
    run = [flags] {
      const Status status = Embed(*flags);
      return status.ok() ? kExitFound : Fail(status, /*json=*/false);
    };
  });
}

void DefineSimilarity(CLI::App& command, Action& run) {
  const auto flags = std::make_shared<EmbedFlags>();
  flags->texts.resize(2);
  command.add_option("A", flags->texts[0], "A text; with models of token vectors the question")
      ->required();
  command.add_option("B", flags->texts[1], "Another text")->required();
  command.add_flag("--query", flags->query, "Embed A as a question, not as a passage");
  AddEmbedderFlags(command, *flags);
  command.add_flag("--json", flags->json, "Print JSON");
  command.footer(
      "Prints the cosine, or for models of token vectors MaxSim and which tokens carry it.\n"
      "\n"
      "Examples:\n"
      "  sg similarity \"read a file\" \"open the file and return its bytes\"\n"
      "  sg similarity --model minilm \"a cat\" \"a kitten\"");
  command.callback([flags, &run] {
    run = [flags] {
      const Status status = Compare(*flags);
      return status.ok() ? kExitFound : Fail(status, flags->json);
    };
  });
}

}  // namespace sg
