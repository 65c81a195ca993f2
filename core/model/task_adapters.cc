#include "core/model/task_adapters.h"

#include <algorithm>
#include <map>
#include <memory>

namespace sg {
namespace {

using Shape = std::vector<uint64_t>;

constexpr std::string_view kParametrized = ".parametrizations.weight.";
constexpr std::string_view kOriginal = ".parametrizations.weight.original";

// Slice `index` of a stack of matrices.
Tensor SliceOf(const Tensor& stack, size_t index) {
  const size_t size_bytes = stack.bytes.size() / stack.shape[0];
  return {.dtype = stack.dtype,
          .shape = {stack.shape[1], stack.shape[2]},
          .bytes = stack.bytes.substr(index * size_bytes, size_bytes)};
}

Result<Tensor> Adapted(const TensorMap& tensors, const std::string& stem, const Tensor& original,
                       const TaskAdapters& adapters, size_t task) {
  const auto a = tensors.find(stem + ".parametrizations.weight.0.lora_A");
  const auto b = tensors.find(stem + ".parametrizations.weight.0.lora_B");
  if (a == tensors.end() || b == tensors.end()) {
    return CorruptError("the checkpoint has no adapters for \"" + stem + "\"");
  }
  const Shape &first = a->second.shape, &second = b->second.shape;
  const uint64_t count = adapters.tasks.size(), rank = adapters.rank;
  if (original.shape.size() == 2) {
    const uint64_t rows = original.shape[0], columns = original.shape[1];
    const bool linear = second == Shape{count, rows, rank} && first == Shape{count, rank, columns};
    const bool table = first == Shape{count, rows, rank} && second == Shape{count, rank, columns};
    if (linear || table) {
      Tensor adapted = original;
      adapted.update = std::make_shared<const LowRankUpdate>(
          LowRankUpdate{.left = SliceOf(linear ? b->second : a->second, task),
                        .right = SliceOf(linear ? a->second : b->second, task),
                        .scale = adapters.scale});
      return adapted;
    }
  }
  return CorruptError("the adapters of \"" + stem + "\" have shapes " + ShapeText(first) + " and " +
                      ShapeText(second) + ", which do not fit " + ShapeText(original.shape) +
                      ", the number of tasks and their rank");
}

}  // namespace

Result<size_t> TaskAdapters::Find(std::string_view name) const {
  std::string known;
  for (size_t i = 0; i < tasks.size(); ++i) {
    if (tasks[i].name == name) return i;
    known += (i == 0 ? "" : ", ") + tasks[i].name;
  }
  return UnsupportedError("the model has no adapter for the task \"" + std::string(name) +
                          "\" (known: " + known + ")");
}

Result<std::optional<TaskAdapters>> ReadTaskAdapters(const ModelConfig& config) {
  SG_ASSIGN_OR_RETURN(const std::vector<std::string> names, config.Texts("lora_adaptations"));
  if (names.empty()) return std::optional<TaskAdapters>();
  SG_ASSIGN_OR_RETURN(const auto instructions, config.TextsByName("task_instructions"));
  TaskAdapters adapters;
  for (const std::string& name : names) {
    const auto instruction = instructions.find(name);
    if (instruction == instructions.end()) {
      return CorruptError("config.json: \"task_instructions\" lacks \"" + name + "\"");
    }
    adapters.tasks.push_back({name, instruction->second});
  }
  SG_ASSIGN_OR_RETURN(adapters.rank, config.Size("lora_rank", 4));
  SG_ASSIGN_OR_RETURN(const double alpha, config.Number("lora_alpha", 1.0));
  adapters.scale = static_cast<float>(alpha / static_cast<double>(adapters.rank));
  return std::optional(std::move(adapters));
}

Result<TensorMap> TensorsOfTask(const TensorMap& tensors, const TaskAdapters& adapters,
                                size_t task) {
  TensorMap out;
  for (const auto& [name, tensor] : tensors) {
    if (name.find(kParametrized) == std::string::npos) {
      out.emplace(name, tensor);
    } else if (name.ends_with(kOriginal)) {
      const std::string stem = name.substr(0, name.size() - kOriginal.size());
      SG_ASSIGN_OR_RETURN(Tensor adapted, Adapted(tensors, stem, tensor, adapters, task));
      out.emplace(stem + ".weight", std::move(adapted));
    }
  }
  return out;
}

}  // namespace sg
