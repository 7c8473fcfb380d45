// Draws what the wire tells on three life lines, one row a message. The lines take the colour of the key that each side has.
//
// An entry is one of
// - `{ type: 'call' | 'answer', from, to, code, chips, tone?, lost?, carries?, detail? }`; `carries` is a version of the key
// - `{ type: 'note', at, say: [word, parameters], tone? }`
// - `{ type: 'verdict', ok, signed, checked }`: a signature of one version checked with another; with `kind`, what took its place:
//   `exchange` or `number` (proved without data), `guideline` (data that WeChat does not give; `why: [word, parameters]`)
// - `{ type: 'divider', say: [word, parameters] }`
// and has `keys`, what was known after it (see `wire.js`).

import { h, icon, keyChip, keyClass, text } from './elements.js'
import { plain } from './words.js'

/** More than this many rows say nothing to anybody; the oldest go. */
const MOST = 240

/** `list` is the element of the rows, `heads` those of `wechat` and `service` that tell which key each has. */
export function createDiagram({ list, heads, empty, onVerdict }) {
  let entries = []
  let keys = { wechat: 0, expired: false, service: null }

  function head() {
    heads.wechat.replaceChildren(
      ...(keys.wechat === 0 ? text('head.noKey') : [keyChip(keys.wechat, keys.expired)])
    )
    heads.service.replaceChildren(...(keys.service === null ? text('head.noKey') : [keyChip(keys.service)]))
    empty.hidden = entries.length > 0
  }

  function append(entry) {
    entries.push(entry)
    keys = entry.keys || keys
    list.append(row(entry, list.lastElementChild))
    while (entries.length > MOST) {
      entries.shift()
      list.firstElementChild.remove()
    }
    head()
    if (entry.type === 'verdict') onVerdict(entry)
    toEnd()
  }

  /**
   * Brings the last row in sight. On a narrow screen the rows do not scroll, and the page would leave the phone and its button: only
   * the explanation, which has no phone there, moves it.
   */
  function toEnd() {
    if (getComputedStyle(list).overflowY !== 'visible') list.scrollTop = list.scrollHeight
    else if (document.body.classList.contains('touring')) list.lastElementChild?.scrollIntoView({ block: 'nearest' })
  }

  /** Shows `shown` in the place of what is there; those from `fresh` on stand out. */
  function show(shown, fresh = 0, initial = { wechat: 0, expired: false, service: null }) {
    entries = [...shown]
    keys = entries.length > 0 ? entries[entries.length - 1].keys || initial : initial
    list.replaceChildren()
    shown.forEach((entry, index) => {
      const drawn = row(entry)
      if (fresh > 0 && index >= fresh) drawn.classList.add('fresh')
      drawn.classList.add('still')
      list.append(drawn)
    })
    head()
    toEnd()
  }

  /** The keys have changed without a message. */
  function know(known) {
    keys = { ...known }
    head()
  }

  return { append, show, know, redraw: () => show(entries, 0, keys), get entries() { return entries } }
}

function row(entry) {
  const keys = entry.keys || { wechat: 0, service: null }
  const lines = h('span', { class: 'lines', 'aria-hidden': 'true' },
    h('i', { class: 'k-none' }),
    h('i', { class: keyClass(keys.service) }),
    h('i', { class: `${keyClass(keys.wechat)}${keys.expired ? ' expired' : ''}` })
  )
  const drawn = { call: message, answer: message, note, verdict, divider }[entry.type](entry)
  drawn.prepend(lines)
  return drawn
}

function message(entry) {
  const { from, to, lost } = entry
  const lanes = [from, to].sort((a, b) => 'psw'.indexOf(a[0]) - 'psw'.indexOf(b[0])).join('-')
  const rightwards = lanes.startsWith(from)
  const colour = entry.carries === null || entry.carries === undefined ? '' : ` carries ${keyClass(entry.carries)}`
  const parties = `${plain(`lane.${from}`)} → ${plain(`lane.${to}`)}: `
  const content = [entry.code ? h('code', {}, entry.code) : null, ...(entry.chips || []).map(chip)]
  if (lost) content.push(h('span', { class: 'chip bad' }, icon('cut'), ...text('chip.lost')))
  const spoken = h('span', { class: 'sr' }, parties)
  const label = h('div', { class: 'label' }, spoken, ...content)
  const detail = entry.detail && Object.keys(entry.detail).length > 0 ? detailOf(entry, label) : null
  return h('li', { class: `row message ${entry.type} ${lanes} ${rightwards ? 'right' : 'left'} ${entry.tone || ''}${lost ? ' lost' : ''}${colour}` },
    label, h('div', { class: 'arrow', 'aria-hidden': 'true' }), detail)
}

/** What was sent, without what is secret, behind a button in the label. */
function detailOf(entry, label) {
  const body = h('pre', { class: 'detail', hidden: true, tabindex: '0' }, JSON.stringify(entry.detail, null, 2))
  const button = h('button', {
    type: 'button', class: 'more', 'aria-expanded': 'false', 'aria-label': plain('row.more'),
    click: () => {
      body.hidden = !body.hidden
      button.setAttribute('aria-expanded', String(!body.hidden))
      if (!body.hidden) body.scrollIntoView({ block: 'nearest' })
    }
  }, icon('more'))
  label.append(button)
  return body
}

function chip(what) {
  if ('key' in what) return keyChip(what.key)
  if ('signed' in what) {
    return h('span', { class: 'signed' }, h('span', { class: 'chip plain' }, icon('seal'), ...text('chip.signed')), keyChip(what.signed))
  }
  if ('problem' in what) return problemChips(what)
  if ('status' in what) return h('span', { class: 'chip ok' }, String(what.status))
  if ('errno' in what) return h('span', { class: 'chip bad' }, `errno ${what.errno}`)
  if ('errcode' in what) return h('span', { class: 'chip bad' }, `errcode ${what.errcode}`)
  if ('failure' in what) return h('span', { class: 'chip bad' }, what.failure)
  return h('span', { class: 'chip plain' }, what.name, what.print ? h('small', {}, ` #${what.print}`) : null)
}

/** The code of an error and its advice. */
export function problemChips({ problem, retry, after, status }) {
  const wait = after ? ` · ${after} s` : ''
  return h('span', { class: 'problem' },
    h('span', { class: 'chip bad' }, status ? h('b', {}, String(status)) : null, problem),
    retry ? h('span', { class: 'chip advice' }, `retry: ${retry}${wait}`) : null)
}

function note(entry) {
  return h('li', { class: `row note at-${entry.at} ${entry.tone || ''}` }, h('p', {}, ...text(...entry.say)))
}

function verdict(entry) {
  const { ok, kind } = entry
  const [left, right] = sidesOf(entry)
  const equation = h('div', { class: kind ? 'equation stacked' : 'equation' }, left,
    h('b', { 'aria-label': plain(ok ? 'verdict.equal' : 'verdict.unequal'), role: 'img' }, ok ? '=' : '≠'), right)
  const sentence = h('p', {}, ...verdictSentence(entry))
  return h('li', { class: `row verdict ${ok ? 'ok' : 'bad'}${ok || kind ? '' : ' mismatch'}` }, h('div', { class: 'card' }, equation, sentence))
}

/** What must be the same. */
function sidesOf({ kind, signed, checked }) {
  const side = (word, ...chips) => h('span', { class: 'side' }, h('span', {}, ...text(word)), h('span', { class: 'chips' }, ...chips))
  const words = word => h('span', { class: 'chip plain' }, ...text(word))
  if (kind === 'guideline') return [side('verdict.asked', words('verdict.userInfo')), side('verdict.declared', words('verdict.nothing'))]
  if (kind) {
    const proofs = [words('verdict.exchanged'), keyChip(checked), kind === 'number' ? words('verdict.phone') : null]
    return [side('verdict.needed', words('verdict.who')), side('verdict.proved', ...proofs.filter(Boolean))]
  }
  return [side('verdict.signed', keyChip(signed)), side('verdict.checked', keyChip(checked))]
}

/** Why it failed, or did not, in one sentence. */
export function verdictSentence({ ok, kind, signed, checked, why }) {
  if (why) return text(...why)
  if (kind) return text(`verdict.${kind}`, { checked: { key: checked } })
  return text(ok ? 'verdict.ok' : 'verdict.bad', { signed: { key: signed }, checked: { key: checked } })
}

function divider(entry) {
  return h('li', { class: `row divider ${entry.strong ? 'strong' : ''}` }, h('p', {}, ...text(...entry.say)))
}
