/** Results for people: HTML reports, tables and heat maps for a terminal, pictures as PNG. */

export { format } from "../number-text.ts";
export { type DemoData, type DemoPoint, demoReport, demoTable, type ReluPoint } from "./demo-report.ts";
export { headlessDocument } from "./document.ts";
export { type Cell, percent, type Table } from "./format.ts";
export { type Figure, htmlReport, type Report, type Section } from "./html.ts";
export { type PngOptions, pngOf } from "./png.ts";
export { largestOf, separationOf } from "./separation.ts";
export { type TerminalOptions, table, terminalHeatMap, terminalTable } from "./terminal.ts";
export { colorWanted } from "./terminal-color.ts";
