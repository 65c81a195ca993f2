// Tokens per second of llama.cpp on one thread, in CPU seconds of the process; encoders.py runs it.
//
//   node llama_cpp.mjs MODULES NAME MODEL.gguf LENGTH...
//
// MODULES: a folder with node_modules/node-llama-cpp (npm install node-llama-cpp), which brings llama.cpp compiled
// for several instruction sets and takes the best that the CPU has.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, name, path, ...lengths] = process.argv.slice(2);
const entry = createRequire(modules + "/").resolve("node-llama-cpp");
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(entry));
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 1 });
const model = await llama.loadModel({ modelPath: path });

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e-6;
}

for (const length of lengths.map(Number)) {
  const context = await model.createEmbeddingContext({ contextSize: length, batchSize: length, threads: 1 });
  // node-llama-cpp keeps some of the context for itself.
  const used = length - 8;
  let best = Infinity;
  const count = Math.max(1, Math.floor(1024 / length));
  for (let run = 0; run < 5; ++run) {
    // Placeholders between the ids that mark begin and end, which are added where they are missing.
    const texts = Array.from({ length: count }, () =>
      [2, ...Array.from({ length: used - 2 }, () => 5 + Math.floor(Math.random() * 900)), 3]);
    const begin = cpuSeconds();
    for (const text of texts) await context.getEmbeddingFor(text);
    best = Math.min(best, cpuSeconds() - begin);
  }
  console.log(`${name.padEnd(18)}${String(length).padStart(8)}${(count * used / best).toFixed(0).padStart(12)}`);
  await context.dispose();
}
process.exit(0);
