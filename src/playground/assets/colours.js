// Light or dark: the system's choice until somebody makes another one. `theme.js` applies that one before the first paint.

/** Makes `button`, a switch, choose between the two; it is on when it is dark. */
export function followColours(button) {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? 'dark' : 'light')) === 'dark'
  const show = () => button.setAttribute('aria-checked', String(isDark()))
  button.addEventListener('click', () => {
    const choice = isDark() ? 'light' : 'dark'
    document.documentElement.dataset.theme = choice
    try {
      localStorage.setItem('playground:theme', choice)
    } catch {
      // A browser that keeps nothing: the choice holds for this page.
    }
    show()
  })
  dark.addEventListener('change', show)
  show()
}
