/**
 * Results on pages: HTML reports, pictures as PNG and PDF.
 *
 * @module report
 */
export {
  type DemoData,
  type DemoPoint,
  demoReport,
  demoTable,
  measuredSeries,
  type ReluPoint,
  reluTable,
} from "./demo-report.ts";
export { headlessDocument } from "./document.ts";
export { htmlReport, type Report, type ReportFigure, type Section } from "./html.ts";
export { gramOfMeans, type MeasurementReport, measurementReport, mostClasses } from "./measurement-report.ts";
export { type PdfOptions, pdfOf } from "./pdf.ts";
export { type PngOptions, pngOf } from "./png.ts";
export { cellOf, type RunView, runsReport, type SweepView } from "./runs-report.ts";
