/** The one style sheet, inline in every page: system fonts, light and dark, no picture and no other file. */
export const STYLE = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0}
.wrap{max-width:64rem;margin:0 auto;padding:0 1rem}
`
