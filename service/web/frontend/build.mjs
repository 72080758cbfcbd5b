// Bundles the pages' scripts into ../static/built, with the licences of what is in them.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const OUT = "../static/built";

await build({
  entryPoints: ["src/site.ts", "src/pictures.ts", "src/layout.worker.ts", "src/dag.ts", "src/builds.ts"],
  outdir: OUT,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  logLevel: "warning",
  legalComments: "none",
});

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
const bundled = Object.entries(lock.packages).filter(([path, each]) => path && !each.dev);
const texts = bundled.map(([folder, { version, license }]) => {
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (!file) throw new Error(`${folder} comes without the text of its licence`);
  const name = folder.replace("node_modules/", "");
  return `${name} ${version} (${license})\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
});
writeFileSync(`${OUT}/THIRD-PARTY.txt`, texts.join("\n" + "-".repeat(78) + "\n\n"));
