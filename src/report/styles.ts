/** The report's style sheet. Colors are two sets of variables, one for each scheme; everything else is shared. */
export const styles = `
:root { --page: #ffffff; --text: #1b1f24; --soft: #59636e; --line: #d4d9df; --box: #f5f7f9; color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171c; --text: #e6e8eb; --soft: #9aa4af; --line: #353c45; --box: #1c2127; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.55 system-ui, "DejaVu Sans", Verdana, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0.5rem 0 1rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 0.5rem; padding-top: 0.5rem; border-top: 1px solid var(--line); }
p { max-width: 44rem; margin: 0.6rem 0; overflow-wrap: anywhere; }
.lead { font-size: 1.05rem; }
.note, figcaption { color: var(--soft); font-size: 0.9rem; max-width: 44rem; }
figure { margin: 1.5rem 0; }
figure svg { display: block; max-width: 100%; height: auto; }
figcaption { margin-top: 0.5rem; }
.narrow { display: none; }
@media screen and (max-width: 600px) {
  .wide { display: none; }
  .narrow { display: block; }
  .narrow svg { width: 100%; max-width: 28rem; }
}
.scroll { overflow-x: auto; margin: 1.2rem 0 0.4rem; }
table { border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0 0 0.4rem; }
caption span { display: block; position: sticky; left: 0; max-width: min(100%, calc(100vw - 2rem)); }
sub { font-size: 0.75em; line-height: 0; }
th, td { padding: 0.3rem 0.8rem 0.3rem 0; text-align: left; border-bottom: 1px solid var(--line); vertical-align: bottom; }
th { color: var(--soft); font-weight: 600; }
td { white-space: nowrap; }
.number { text-align: right; }
details { margin: 1rem 0; }
summary { cursor: pointer; }
pre { background: var(--box); padding: 0.8rem; font-size: 0.8rem; max-height: 20rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
@media print {
  :root { --page: #ffffff; --text: #000000; --soft: #444444; --line: #bbbbbb; }
  main { max-width: none; padding: 0; }
  figure, tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  .scroll { overflow: visible; }
  td { white-space: normal; }
  details { display: none; }
}
`;
