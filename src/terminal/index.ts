/**
 * Tables and heat maps of characters, as wide as the terminal.
 *
 * @module terminal
 */
export { type Cell, percent, rows, type Table } from "./format.ts";
export { type TerminalOptions, table, terminalHeatMap, terminalTable } from "./terminal.ts";
export { colorWanted } from "./terminal-color.ts";
export { terminalWidth, wrap } from "./terminal-width.ts";
