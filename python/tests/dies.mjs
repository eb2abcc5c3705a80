// Greets as nclab does, and ends at the first question.
console.log(JSON.stringify({ schema: "nclab.serve/1", nclab: "0", node: process.versions.node, pid: process.pid, requests: [] }));
process.stdin.once("data", () => {
  console.error("it said this");
  process.exit(7);
});
