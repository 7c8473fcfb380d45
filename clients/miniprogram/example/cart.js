// What the person wants to buy, on this phone and until the mini program ends: a real one asks its own server through
// `auth.request`.
/** @type {string[]} */
const items = []

/** @param {string} name */
function add(name) {
  items.push(name)
}

function order() {
  return items.splice(0).length
}

module.exports = { items, add, order }
