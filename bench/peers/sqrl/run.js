// Evaluates a SQRL file over posts and reports the CPU time of the evaluations alone.
// node run.js RULES.sqrl POSTS.json WARMUP -> {"version", "cpu_seconds", "hits": [[rule name]]}
"use strict";
const fs = require("fs");
const SQRL = require("sqrl");

async function build(source) {
  const instance = SQRL.createInstance();
  const compiled = new Map();
  // The function of this name and meaning in SQRL's text package, which npm does not carry.
  instance.registerSync(
    function regexTest(pattern, text) {
      let regex = compiled.get(pattern);
      if (regex === undefined) {
        regex = new RegExp(pattern, "iu");
        compiled.set(pattern, regex);
      }
      return regex.test(text);
    },
    { args: [SQRL.AT.any.string, SQRL.AT.any.string] },
  );
  instance.registerSync(
    function regexCount(pattern, text) {
      const key = "g" + pattern;
      let regex = compiled.get(key);
      if (regex === undefined) {
        regex = new RegExp(pattern, "giu");
        compiled.set(key, regex);
      }
      const found = text.match(regex);
      return found === null ? 0 : found.length;
    },
    { args: [SQRL.AT.any.string, SQRL.AT.any.string] },
  );
  instance.registerStatement(
    "SqrlFlagStatements",
    async function flag(state, cause) {
      if (cause) {
        state.manipulator.fired.push(...cause.firedRules.map((rule) => rule.name));
      }
    },
    { args: [SQRL.AT.state, SQRL.AT.whenCause], allowNull: true, allowSqrlObjects: true },
  );
  return SQRL.executableFromString(instance, source);
}

class Fired extends SQRL.Manipulator {
  constructor() {
    super();
    this.codedWarnings = [];
    this.fired = [];
  }
}

async function main() {
  const [rules, posts, warmup] = process.argv.slice(2);
  const executable = await build(fs.readFileSync(rules, "utf8"));
  const texts = JSON.parse(fs.readFileSync(posts, "utf8"));
  const context = SQRL.createSimpleContext();
  const evaluate = async (text) => {
    const manipulator = new Fired();
    const execution = await executable.execute(context, { manipulator, inputs: { Text: text } });
    await execution.fetchValue("SqrlExecutionComplete");
    return manipulator.fired;
  };
  for (const text of texts.slice(0, Number(warmup))) {
    await evaluate(text);
  }
  const before = process.cpuUsage();
  const hits = [];
  for (const text of texts) {
    hits.push(await evaluate(text));
  }
  const used = process.cpuUsage(before);
  const version = require("sqrl/package.json").version;
  console.log(
    JSON.stringify({ version, cpu_seconds: (used.user + used.system) / 1e6, hits }),
  );
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
