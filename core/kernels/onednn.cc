#include "core/kernels/onednn.h"

#include <dlfcn.h>

#include <compare>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

#include "core/base/large_allocator.h"

#if SG_HAVE_ONEDNN
#include <oneapi/dnnl/dnnl.h>
#endif

namespace sg::onednn {

#if SG_HAVE_ONEDNN
namespace {

// The functions of oneDNN's C interface (version 2.x) that we call, resolved by name.
// clang-format off
#define SG_ONEDNN_FUNCTIONS(F) \
  F(dnnl_engine_create) \
  F(dnnl_stream_create) \
  F(dnnl_memory_desc_init_by_tag) \
  F(dnnl_memory_desc_get_size) \
  F(dnnl_matmul_desc_init) \
  F(dnnl_primitive_desc_create) \
  F(dnnl_primitive_desc_destroy) \
  F(dnnl_primitive_desc_query_md) \
  F(dnnl_primitive_create) \
  F(dnnl_primitive_destroy) \
  F(dnnl_primitive_execute) \
  F(dnnl_memory_create) \
  F(dnnl_memory_destroy) \
  F(dnnl_reorder_primitive_desc_create) \
  F(dnnl_primitive_attr_create) \
  F(dnnl_primitive_attr_destroy) \
  F(dnnl_primitive_attr_set_scratchpad_mode) \
  F(dnnl_primitive_attr_set_post_ops) \
  F(dnnl_post_ops_create) \
  F(dnnl_post_ops_append_eltwise) \
  F(dnnl_post_ops_append_sum) \
  F(dnnl_post_ops_destroy) \
  F(dnnl_get_effective_cpu_isa) \
  F(dnnl_version)
// clang-format on

struct Library {
#define SG_DECLARE(name) decltype(&::name) name = nullptr;
  SG_ONEDNN_FUNCTIONS(SG_DECLARE)
#undef SG_DECLARE
  void (*set_threads)(int) = nullptr;  // omp_set_num_threads of the OpenMP run time it came with
  dnnl_engine_t engine = nullptr;
  bool loaded = false;
};

Library LoadLibrary() {
  Library lib;
  const char* forbidden = std::getenv("SG_NO_ONEDNN");
  if (forbidden != nullptr && *forbidden != '\0') return lib;
  void* handle = ::dlopen("libdnnl.so.2", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return lib;
  bool complete = true;
#define SG_RESOLVE(name)                                                   \
  lib.name = reinterpret_cast<decltype(lib.name)>(::dlsym(handle, #name)); \
  complete = complete && lib.name != nullptr;
  SG_ONEDNN_FUNCTIONS(SG_RESOLVE)
#undef SG_RESOLVE
  if (!complete || lib.dnnl_version()->major != 2) return lib;
  if (void* openmp = ::dlopen("libgomp.so.1", RTLD_NOW | RTLD_NOLOAD)) {
    lib.set_threads = reinterpret_cast<void (*)(int)>(::dlsym(openmp, "omp_set_num_threads"));
  }
  lib.loaded = lib.dnnl_engine_create(&lib.engine, dnnl_cpu, 0) == dnnl_success;
  return lib;
}

const Library& Lib() {
  static const Library lib = LoadLibrary();
  return lib;
}

dnnl_data_type_t InputType(DataType type) {
  return type == DataType::kF32 ? dnnl_f32 : type == DataType::kBf16 ? dnnl_bf16 : dnnl_u8;
}
dnnl_data_type_t WeightType(DataType type) {
  return type == DataType::kF32 ? dnnl_f32 : type == DataType::kBf16 ? dnnl_bf16 : dnnl_s8;
}
dnnl_data_type_t OutputType(DataType type) { return type == DataType::kU8S8 ? dnnl_s32 : dnnl_f32; }

dnnl_memory_desc_t MatrixDesc(size_t rows, size_t cols, dnnl_data_type_t type,
                              dnnl_format_tag_t tag) {
  const dnnl_dims_t dims = {static_cast<dnnl_dim_t>(rows), static_cast<dnnl_dim_t>(cols)};
  dnnl_memory_desc_t desc;
  Lib().dnnl_memory_desc_init_by_tag(&desc, 2, dims, type, tag);
  return desc;
}

// Which of a product's kernels: whether it adds a bias, what it applies then, and whether it adds
// to what is there.
struct Kind {
  bool bias = false;
  std::optional<Activation> activation;
  bool add = false;
  auto operator<=>(const Kind&) const = default;
};

void AppendActivation(Activation activation, dnnl_post_ops_t after) {
  dnnl_alg_kind_t algorithm = dnnl_eltwise_relu;
  float alpha = 0;
  switch (activation) {
    case Activation::kGelu: algorithm = dnnl_eltwise_gelu_erf; break;
    case Activation::kGeluTanh: algorithm = dnnl_eltwise_gelu_tanh; break;
    case Activation::kRelu: break;
    case Activation::kSilu:
      algorithm = dnnl_eltwise_swish;
      alpha = 1;
      break;
  }
  Lib().dnnl_post_ops_append_eltwise(after, /*scale=*/1.0f, algorithm, alpha, /*beta=*/0.0f);
}

void SetPostOps(const Kind& kind, dnnl_primitive_attr_t attr) {
  if (!kind.activation && !kind.add) return;
  const Library& lib = Lib();
  dnnl_post_ops_t after = nullptr;
  lib.dnnl_post_ops_create(&after);
  if (kind.activation) AppendActivation(*kind.activation, after);
  if (kind.add) lib.dnnl_post_ops_append_sum(after, /*scale=*/1.0f);
  lib.dnnl_primitive_attr_set_post_ops(attr, after);
  lib.dnnl_post_ops_destroy(after);
}

// The product [rows, in] x [in, out]; null where there is no kernel.
dnnl_primitive_desc_t MatmulDesc(DataType type, size_t rows, size_t in, size_t out,
                                 const dnnl_memory_desc_t& weights, const Kind& kind) {
  const Library& lib = Lib();
  const dnnl_memory_desc_t x = MatrixDesc(rows, in, InputType(type), dnnl_ab);
  const dnnl_memory_desc_t y = MatrixDesc(rows, out, OutputType(type), dnnl_ab);
  const dnnl_memory_desc_t bias = MatrixDesc(1, out, dnnl_f32, dnnl_ab);
  dnnl_matmul_desc_t matmul;
  if (lib.dnnl_matmul_desc_init(&matmul, &x, &weights, kind.bias ? &bias : nullptr, &y) !=
      dnnl_success) {
    return nullptr;
  }
  dnnl_primitive_attr_t attr = nullptr;
  lib.dnnl_primitive_attr_create(&attr);
  // Scratch memory of our own, because primitives are shared between threads.
  lib.dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
  SetPostOps(kind, attr);
  dnnl_primitive_desc_t desc = nullptr;
  lib.dnnl_primitive_desc_create(&desc, &matmul, attr, lib.engine, nullptr);
  lib.dnnl_primitive_attr_destroy(attr);
  return desc;
}

dnnl_stream_t ThreadStream() {
  thread_local dnnl_stream_t stream = [] {
    dnnl_stream_t created = nullptr;
    if (Lib().set_threads != nullptr) Lib().set_threads(1);
    Lib().dnnl_stream_create(&created, Lib().engine, dnnl_stream_default_flags);
    return created;
  }();
  return stream;
}

// One compiled product with the descriptors that its executions need. Lives as long as the process.
struct Product {
  dnnl_primitive_t primitive = nullptr;
  dnnl_memory_desc_t x, weights, bias, y, scratch;
};

class ProductCache {
 public:
  // Returns null where oneDNN has no kernel.
  const Product* Get(DataType type, size_t rows, size_t in, size_t out,
                     const dnnl_memory_desc_t& weights, const Kind& kind) {
    std::lock_guard lock(mutex_);
    auto [it, is_new] = products_.try_emplace(Key{type, rows, in, out, kind});
    if (is_new) Create(type, rows, in, out, weights, kind, &it->second);
    return it->second.primitive != nullptr ? &it->second : nullptr;
  }

 private:
  using Key = std::tuple<DataType, size_t, size_t, size_t, Kind>;  // type, rows, in, out

  static void Create(DataType type, size_t rows, size_t in, size_t out,
                     const dnnl_memory_desc_t& weights, const Kind& kind, Product* product) {
    const Library& lib = Lib();
    dnnl_primitive_desc_t desc = MatmulDesc(type, rows, in, out, weights, kind);
    if (desc == nullptr) return;
    product->bias = MatrixDesc(1, out, dnnl_f32, dnnl_ab);
    product->x = *lib.dnnl_primitive_desc_query_md(desc, dnnl_query_src_md, 0);
    product->weights = *lib.dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 0);
    product->y = *lib.dnnl_primitive_desc_query_md(desc, dnnl_query_dst_md, 0);
    product->scratch = *lib.dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0);
    if (lib.dnnl_primitive_create(&product->primitive, desc) != dnnl_success) {
      product->primitive = nullptr;
    }
    lib.dnnl_primitive_desc_destroy(desc);
  }

  std::mutex mutex_;
  std::map<Key, Product> products_;  // node-based: pointers stay valid
};

ProductCache& Cache() {
  static auto* const cache = new ProductCache;  // its primitives outlive every thread
  return *cache;
}

class Packed final : public PackedWeights {
 public:
  DataType type = DataType::kF32;
  size_t in = 0, out = 0;
  dnnl_memory_desc_t desc;
  std::vector<char, LargeAllocator<char>> bytes;
};

// A dnnl_memory_t over memory that somebody else owns.
class MemoryView {
 public:
  MemoryView(const dnnl_memory_desc_t& desc, const void* data) {
    Lib().dnnl_memory_create(&memory_, &desc, Lib().engine, const_cast<void*>(data));
  }
  ~MemoryView() { Lib().dnnl_memory_destroy(memory_); }
  MemoryView(const MemoryView&) = delete;
  MemoryView& operator=(const MemoryView&) = delete;
  dnnl_memory_t get() const { return memory_; }

 private:
  dnnl_memory_t memory_ = nullptr;
};

bool Reorder(const dnnl_memory_desc_t& from, const void* source, const dnnl_memory_desc_t& to,
             void* target) {
  const Library& lib = Lib();
  dnnl_primitive_desc_t desc = nullptr;
  if (lib.dnnl_reorder_primitive_desc_create(&desc, &from, lib.engine, &to, lib.engine, nullptr) !=
      dnnl_success) {
    return false;
  }
  dnnl_primitive_t reorder = nullptr;
  bool ok = lib.dnnl_primitive_create(&reorder, desc) == dnnl_success;
  lib.dnnl_primitive_desc_destroy(desc);
  if (!ok) return false;
  const MemoryView source_view(from, source), target_view(to, target);
  const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, source_view.get()},
                                  {DNNL_ARG_TO, target_view.get()}};
  ok = lib.dnnl_primitive_execute(reorder, ThreadStream(), 2, args) == dnnl_success;
  lib.dnnl_primitive_destroy(reorder);
  return ok;
}

// Per-thread scratch memory for the products, grown as needed.
void* Scratch(size_t size_bytes) {
  constexpr uintptr_t kAlignment = 64;
  thread_local std::vector<char> buffer;
  if (buffer.size() < size_bytes + kAlignment) buffer.resize(size_bytes + kAlignment);
  const auto address = reinterpret_cast<uintptr_t>(buffer.data());
  return reinterpret_cast<void*>((address + kAlignment - 1) / kAlignment * kAlignment);
}

}  // namespace

bool Available() { return Lib().loaded; }

bool Fast(DataType type) {
  if (!Available()) return false;
  // dnnl_cpu_isa_t values are bit sets: an ISA contains those that it extends.
  const auto isa = static_cast<unsigned>(Lib().dnnl_get_effective_cpu_isa());
  const auto has = [isa](unsigned wanted) { return (isa & wanted) == wanted; };
  switch (type) {
    case DataType::kF32: return true;
    case DataType::kBf16: return has(dnnl_cpu_isa_avx512_core_bf16);
    case DataType::kU8S8: return has(dnnl_cpu_isa_avx512_core_vnni) || has(dnnl_cpu_isa_avx2_vnni);
  }
  return false;
}

std::unique_ptr<PackedWeights> Pack(DataType type, const void* weights, size_t in, size_t out) {
  if (!Available()) return nullptr;
  const Library& lib = Lib();
  constexpr size_t kTypicalRows = 512;
  const dnnl_memory_desc_t any = MatrixDesc(in, out, WeightType(type), dnnl_format_tag_any);
  dnnl_primitive_desc_t desc = MatmulDesc(type, kTypicalRows, in, out, any, {});
  if (desc == nullptr) return nullptr;
  auto packed = std::make_unique<Packed>();
  packed->type = type;
  packed->in = in;
  packed->out = out;
  packed->desc = *lib.dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 0);
  lib.dnnl_primitive_desc_destroy(desc);
  packed->bytes.resize(lib.dnnl_memory_desc_get_size(&packed->desc));
  // [out, in] row-major is [in, out] with transposed strides.
  const dnnl_memory_desc_t plain = MatrixDesc(in, out, WeightType(type), dnnl_ba);
  if (!Reorder(plain, weights, packed->desc, packed->bytes.data())) return nullptr;
  return packed;
}

bool Multiply(const PackedWeights& weights, const void* x, size_t rows, void* y,
              const Epilogue& epilogue) {
  const auto& packed = static_cast<const Packed&>(weights);
  const Library& lib = Lib();
  const Kind kind = {
      .bias = epilogue.bias != nullptr, .activation = epilogue.activation, .add = epilogue.add};
  const Product* product = Cache().Get(packed.type, rows, packed.in, packed.out, packed.desc, kind);
  if (product == nullptr) return false;
  const MemoryView x_view(product->x, x), y_view(product->y, y);
  const MemoryView bias_view(product->bias, epilogue.bias);
  const MemoryView weights_view(product->weights, packed.bytes.data());
  const MemoryView scratch_view(product->scratch,
                                Scratch(lib.dnnl_memory_desc_get_size(&product->scratch)));
  const dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, x_view.get()},
                                  {DNNL_ARG_WEIGHTS, weights_view.get()},
                                  {DNNL_ARG_DST, y_view.get()},
                                  {DNNL_ARG_SCRATCHPAD, scratch_view.get()},
                                  {DNNL_ARG_BIAS, bias_view.get()}};
  return lib.dnnl_primitive_execute(product->primitive, ThreadStream(), kind.bias ? 5 : 4, args) ==
         dnnl_success;
}

#else  // built without oneDNN's headers

bool Available() { return false; }
bool Fast(DataType) { return false; }
std::unique_ptr<PackedWeights> Pack(DataType, const void*, size_t, size_t) { return nullptr; }
bool Multiply(const PackedWeights&, const void*, size_t, void*, const Epilogue&) { return false; }

#endif

}  // namespace sg::onednn
