const account = require('./account.js')
const privacy = require('./privacy.js')

App({
  onLaunch() {
    privacy.listen()
    // Asks nothing and makes nobody. The first page joins this very call, and shows its failure if somebody waits for it.
    account.recognised().catch(() => {})
  }
})
