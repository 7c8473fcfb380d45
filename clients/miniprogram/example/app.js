const auth = require('./auth.js')

App({
  onLaunch() {
    // Before any tap: a phone number shared later is then read with the key of this login. Pages that need the session
    // join this very login, and a failure shows where somebody waits for it.
    auth.login().catch(() => {})
  }
})
