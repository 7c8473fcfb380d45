// Before the first paint: the colours that somebody chose last time.
try {
  const choice = localStorage.getItem('playground:theme')
  if (choice === 'dark' || choice === 'light') document.documentElement.dataset.theme = choice
} catch {
  // A browser that keeps nothing follows the system.
}
