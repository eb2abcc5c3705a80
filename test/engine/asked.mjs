// What an engine does with what is asked of it without waiting, twice, or too late: for every engine, also one in another process.

/** `Graph`, `add` and `multiply` of the engine's own build. */
export async function inOrder(engine, { Graph, add, multiply }) {
  const more = new Graph();
  const [A, x] = [more.held("A", [2]), more.input("x", [2])];
  more.output("before", A);
  more.keep("A", add(A, x));
  const twice = new Graph();
  twice.keep("A", multiply(twice.held("A", [2]), 2));
  const held = engine.hold({ A: { shape: [2], data: new Float32Array(2) } });
  const [plus, times] = [await engine.compile(more), await engine.compile(twice)];
  const given = Float32Array.of(1, 2);
  const written = Float32Array.of(10, 20);
  const runs = [plus.run(held, { x: given }), plus.run(held, { x: given }), plus.run(held, { x: given })];
  const between = held.read();
  held.write({ A: { shape: [2], data: written } });
  const doubled = [times.run(held), times.run(held)];
  const failed = plus.run(held, { x: Float32Array.of(1) }).then(
    () => "none",
    () => "an error",
  );
  runs.push(plus.run(held, { x: given }));
  const last = held.read(["A"]);
  plus.dispose();
  times.dispose();
  held.dispose();
  // What was asked is what these were then.
  given.fill(1000);
  written.fill(1000);
  await Promise.all(doubled);
  return {
    before: (await Promise.all(runs)).map(({ before }) => [...before]),
    between: [...(await between).A.data],
    failed: await failed,
    last: [...(await last).A.data],
  };
}

export const inOrderWanted = {
  before: [
    [0, 0],
    [1, 2],
    [2, 4],
    [40, 80],
  ],
  between: [3, 6],
  failed: "an error",
  last: [41, 82],
};

export async function afterDisposal(engine, { Graph, add }) {
  const graph = new Graph();
  graph.keep("A", add(graph.held("A", []), 1));
  graph.output("next", add(graph.held("A", []), 1));
  const arrays = { A: { shape: [], data: Float32Array.of(0) } };
  const said = async (f) => {
    try {
      await f();
      return "nothing";
    } catch ({ message }) {
      return message;
    }
  };
  const [held, gone] = [engine.hold(arrays), engine.hold(arrays)];
  const [program, first] = [await engine.compile(graph), await engine.compile(graph)];
  await program.run(held);
  await program.run(gone);
  await first.run(held);
  for (let i = 0; i < 2; i++) {
    first.dispose();
    gone.dispose();
  }
  const found = {
    program: await said(() => first.run(held)),
    run: await said(() => program.run(gone)),
    read: await said(() => gone.read(["A"])),
    write: await said(() => gone.write(arrays)),
  };
  // Nobody else's are touched by it.
  found.next = (await program.run(held)).next[0];
  program.dispose();
  held.dispose();
  return found;
}

export const afterDisposalWanted = {
  program: "a program that was disposed of does not run",
  run: "held arrays that were disposed of cannot be run on",
  read: "no array A is held",
  write: "no array A is held",
  next: 3,
};

/** Of an engine that nobody else has: its end. */
export async function afterClosing(engine, { Graph, add }) {
  const graph = new Graph();
  graph.output("next", add(graph.held("A", []), 1));
  const arrays = { A: { shape: [], data: Float32Array.of(0) } };
  const held = engine.hold(arrays);
  const program = await engine.compile(graph);
  const { next } = await program.run(held);
  const before = engine.usable;
  engine.close();
  engine.close();
  const said = async (f) => {
    try {
      await f();
      return "nothing";
    } catch ({ message }) {
      return message;
    }
  };
  return {
    next: next[0],
    usable: [before, engine.usable],
    hold: await said(() => engine.hold(arrays)),
    compile: await said(() => engine.compile(graph)),
    run: await said(() => program.run(held)),
  };
}

export const afterClosingWanted = {
  next: 1,
  usable: [true, false],
  hold: "an engine that was closed computes nothing",
  compile: "an engine that was closed computes nothing",
  run: "an engine that was closed computes nothing",
};
