/**
 * The operations of which layers and losses are written, each with its gradient (docs/engine.md has the table): those of one kind of node or two (elementary.ts), those made of them with a gradient of
 * their own (compound.ts), and the gradients themselves.
 *
 * @module
 */
export * from "./compound.ts";
export * from "./elementary.ts";
export * from "./gradients.ts";
