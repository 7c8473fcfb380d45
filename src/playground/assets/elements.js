// Elements from data: no markup in texts, so that nothing that arrives over the wire can become markup.

import { say } from './words.js'

/** An element; `attributes` with a function as value are event handlers, `true` is an empty attribute, `false` is none. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === 'function') element.addEventListener(name, value)
    else if (value === true) element.setAttribute(name, '')
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value)
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false))
  return element
}

/** A drawing of the page's own collection. */
export function icon(name) {
  const drawing = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  drawing.setAttribute('class', 'icon')
  drawing.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use')
  use.setAttribute('href', `#icon-${name}`)
  drawing.append(use)
  return drawing
}

/** The class that colours what belongs to a version of the key. Five colours take turns; 0 has its own. */
export function keyClass(version) {
  return version === null || version === undefined ? 'k-none' : version === 0 ? 'k0' : `k${((version - 1) % 5) + 1}`
}

/** "key v2" in the colour of that version. */
export function keyChip(version, expired = false) {
  const chip = h('span', { class: `chip key ${keyClass(version)}${expired ? ' expired' : ''}` }, icon('key'))
  chip.append(...text('key.version', { version }))
  if (expired) chip.append(h('small', {}, ...text('key.expired')))
  return chip
}

/** A text of the page's words, as nodes; a parameter `{ key: 2 }` becomes a chip. */
export function text(word, parameters = {}) {
  return say(word, parameters).map(part => {
    if (typeof part !== 'object') return String(part)
    return 'key' in part ? keyChip(part.key) : h('code', {}, part.code)
  })
}
