// Draws what the service keeps: the rows of two tables, and what lies sealed in the token store.

import { h, icon, text } from './elements.js'
import { ask } from './service.js'
import { plain } from './words.js'

let hidden = 0

/** From here on only accounts with a number above `id` are read. */
export function showFrom(id) {
  hidden = id
}

/** What lies there at this moment. */
export async function readShelves() {
  const answer = await ask(`/playground/state?after=${hidden}`)
  if (!answer.ok) throw new Error(`/playground/state: ${answer.status}`)
  return answer.json()
}

/** `users`, `identities` and `tokens` are the elements to fill. Rows that were not there before stand out. */
export function createShelves({ users, identities, tokens }) {
  let last = null
  let seen = new Set()

  function show(state, { own = null, quiet = false } = {}) {
    last = [state, { own, quiet: true }]
    const before = seen
    seen = new Set()
    const fresh = name => {
      seen.add(name)
      return !quiet && before.size > 0 && !before.has(name) ? 'fresh' : ''
    }
    const letter = appId => 'AB'[state.apps.indexOf(appId)] || appId
    table(users, ['id', 'nickname', 'unionid', 'phone'], state.users.map(user => ({
      state: `${fresh(`user ${user.id} ${user.nickname} ${user.phone} ${user.unionid} ${user.mergedInto}`)} ${user.id === own ? 'own' : ''} ${user.mergedInto || user.status === 'erased' ? 'gone' : ''}`,
      cells: user.mergedInto
        ? [user.id, { wide: text('shelf.merged', { id: user.mergedInto }) }]
        : [user.id, user.nickname || '—', print(user.unionid), user.phone || null_()]
    })), state.moreUsers ? plain('shelf.more') : null)
    table(identities, ['user_id', 'app_id', 'openid'], state.identities.map(identity => ({
      state: `${fresh(`identity ${identity.openid}`)} ${identity.userId === own ? 'own' : ''}`,
      cells: [identity.userId, h('span', { title: identity.appId }, plain('shelf.app', { letter: letter(identity.appId) })), print(identity.openid)]
    })))
    table(tokens, ['shelf.name', 'shelf.size', 'shelf.left'], state.tokens.map(token => ({
      state: fresh(`token ${token.name}`),
      cells: [h('span', { class: 'sealed' }, icon(token.name.startsWith('sessions:') ? 'list' : 'lock'), token.name), `${token.bytes} B`, duration(token.secondsLeft)]
    })), state.moreTokens > 0 ? plain('shelf.moreTokens', { count: state.moreTokens }) : null, true)
  }

  return { show, redraw: () => last && show(...last) }
}

function table(place, columns, rows, more = null, translated = false) {
  if (rows.length === 0) {
    place.replaceChildren(h('p', { class: 'none' }, ...text('shelf.none')))
    return
  }
  const heads = columns.map(column => h('th', { scope: 'col' }, ...(translated ? text(column) : [column])))
  const body = rows.map(row => h('tr', { class: row.state.trim() || false }, ...row.cells.map(cell => {
    if (cell && cell.wide) return h('td', { colspan: columns.length - 1 }, ...cell.wide)
    return h('td', {}, cell)
  })))
  place.replaceChildren(h('table', {}, h('thead', {}, h('tr', {}, heads)), h('tbody', {}, body)), more ? h('p', { class: 'none' }, more) : '')
}

const null_ = () => h('span', { class: 'null' }, 'NULL')

const print = mark => (mark === null ? null_() : h('span', { class: 'print' }, `#${mark}`))

function duration(seconds) {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`
}
