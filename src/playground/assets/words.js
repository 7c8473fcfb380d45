// The page's two languages. A text is looked up when it is drawn, so that switching redraws everything that stands there.

import { en } from './words-en.js'
import { zh } from './words-zh.js'

const LANGUAGES = { en, zh }
const listeners = []
let current = remembered() || (String(navigator.language).toLowerCase().startsWith('zh') ? 'zh' : 'en')

/** `en` or `zh`. */
export const language = () => current

/** Switches, remembers, and tells everyone who asked to be told. */
export function speak(choice) {
  current = choice
  try {
    localStorage.setItem('playground:language', choice)
  } catch {
    // A browser that keeps nothing: the choice holds for this page.
  }
  document.documentElement.lang = choice === 'zh' ? 'zh-CN' : 'en'
  for (const listener of listeners) listener()
}

export const onLanguage = listener => listeners.push(listener)

/** The text in parts: what stands in braces is replaced by the parameter of that name. */
export function say(word, parameters = {}) {
  const template = LANGUAGES[current][word]
  if (template === undefined) throw new Error(`no text for ${word}`)
  const parts = template.split(/\{(\w+)\}/)
  return parts.map((part, index) => (index % 2 ? parameters[part] : part)).filter(part => part !== '')
}

/** The text as one string. */
export const plain = (word, parameters) => say(word, parameters).join('')

/**
 * Writes the texts that the page's markup asks for with `data-t` (content) and `data-t-label` (aria-label), and the addresses of
 * `data-t-href`.
 */
export function translate(root = document) {
  for (const element of root.querySelectorAll('[data-t]')) element.textContent = plain(element.dataset.t)
  for (const element of root.querySelectorAll('[data-t-href]')) element.setAttribute('href', plain(element.dataset.tHref))
  for (const element of root.querySelectorAll('[data-t-label]')) {
    element.setAttribute('aria-label', plain(element.dataset.tLabel))
  }
}

function remembered() {
  try {
    const choice = localStorage.getItem('playground:language')
    return choice in LANGUAGES ? choice : null
  } catch {
    return null
  }
}
