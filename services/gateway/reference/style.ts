/** The reference page's style sheet: system fonts, light and dark, nothing loaded. */
export const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #0b7285; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
h2 { border-top: 1px solid var(--line); padding-top: 1.2rem; margin-top: 2rem; font-size: 1.15rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { background: var(--soft); padding: .7rem 1rem; border-radius: 6px; overflow-x: auto; }
nav a { display: block; padding: .1rem 0; text-decoration: none; }
a, .method { color: var(--accent); }
table { border-collapse: collapse; width: 100%; margin: .8rem 0; font-size: .92rem; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
`;
