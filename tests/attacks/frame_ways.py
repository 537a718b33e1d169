# ruff: noqa: E501 -- scripts read better in one line
"""Every way we know in which a document can make a browser send something: a piece of a page each.

`HTTP`, `WS`: an address there; `HOST`: its host and port; `UDP`: a host and port for packets.
"""

_PEER = """<script>
const peer = new RTCPeerConnection({iceServers: [SERVERS]});
peer.createDataChannel("x");
peer.createOffer().then((offer) => peer.setLocalDescription(offer));
</script>"""
_STUN = "{urls: 'stun:UDP'}"
_STUN_OVER_UDP = _PEER.replace("SERVERS", _STUN)
_TURN_OVER_UDP = _PEER.replace("SERVERS", "{urls: 'turn:UDP?transport=udp', username: 'a', credential: 'b'}")
_TURN_OVER_TCP = _PEER.replace("SERVERS", "{urls: 'turn:HOST?transport=tcp', username: 'a', credential: 'b'}")


def _quoted(markup: str) -> str:
    return markup.replace("&", "&amp;").replace('"', "&quot;")


def _script(code: str) -> str:
    return f"<script>{code}</script>"


def _module(code: str) -> str:
    return f'<script type="module">{code}</script>'


# What a browser without any policy sends, so that the listener proves that it hears this way.
HEARD = {
    "fetch": _script("fetch('HTTP')"),
    "fetch later": _script("try { fetchLater('HTTP', {activateAfter: 0}) } catch { fetch('HTTP', {keepalive: true}) }"),
    "XMLHttpRequest": _script("const request = new XMLHttpRequest(); request.open('GET', 'HTTP'); request.send()"),
    "synchronous XMLHttpRequest": _script("const request = new XMLHttpRequest(); request.open('GET', 'HTTP', false); request.send()"),
    "WebSocket": _script("new WebSocket('WS')"),
    "EventSource": _script("new EventSource('HTTP')"),
    "sendBeacon": _script("navigator.sendBeacon('HTTP', 'x')"),
    "img": "<img src='HTTP'>",
    "Image": _script("new Image().src = 'HTTP'"),
    "srcset": "<img srcset='HTTP 1x'>",
    "picture": "<picture><source srcset='HTTP'><img></picture>",
    "input image": "<input type='image' src='HTTP'>",
    "body background": _script("document.body.background = 'HTTP'"),
    "base and a relative address": "<base href='HTTP/'><img src='x.png'>",
    "svg image": "<svg width='9' height='9'><image href='HTTP' width='9' height='9'/></svg>",
    "svg filter": "<svg width='9' height='9'><filter id='f'><feImage href='HTTP'/></filter><rect width='9' height='9' filter='url(#f)'/></svg>",
    "css url()": "<p style='background: url(HTTP)'>x</p>",
    "css image-set()": "<p style='background: image-set(\"HTTP\" 1x)'>x</p>",
    "css content": "<style>p::before { content: url(HTTP) }</style><p>x</p>",
    "css list-style": "<ul style='list-style: url(HTTP)'><li>x</li></ul>",
    "css border-image": "<p style='border: 9px solid; border-image: url(HTTP) 9'>x</p>",
    "css mask": "<p style='mask: url(HTTP)'>x</p>",
    "css @import": "<style>@import 'HTTP';</style>",
    "css font": "<style>@font-face { font-family: F; src: url(HTTP) } p { font-family: F }</style><p>x</p>",
    "FontFace": _script("new FontFace('F', 'url(HTTP)').load()"),
    "adopted style sheet": _script("const sheet = new CSSStyleSheet(); sheet.replaceSync('p { background: url(HTTP) }'); document.adoptedStyleSheets = [sheet]; document.body.append(document.createElement('p'))"),
    "link stylesheet": "<link rel='stylesheet' href='HTTP'>",
    "link preload": "<link rel='preload' as='image' href='HTTP'>",
    "link modulepreload": "<link rel='modulepreload' href='HTTP'>",
    "link prefetch": "<link rel='prefetch' href='HTTP'>",
    "script": "<script src='HTTP'></script>",
    "import()": _script("import('HTTP').catch(() => {})"),
    "import statement": _module("import 'HTTP'"),
    "worker that fetches": _script("new Worker(URL.createObjectURL(new Blob(['fetch(`HTTP`)'])))"),
    "worker that imports": _script("new Worker(URL.createObjectURL(new Blob(['importScripts(`HTTP`)'])))"),
    "module worker": _script("new Worker(URL.createObjectURL(new Blob(['import `HTTP`'.replaceAll('`', '\"')], {type: 'text/javascript'})), {type: 'module'})"),
    "shared worker": _script("new SharedWorker(URL.createObjectURL(new Blob(['fetch(`HTTP`)'])))"),
    "audio worklet": _script("new AudioContext().audioWorklet.addModule('HTTP').catch(() => {})"),
    "css paint worklet": _script("CSS.paintWorklet.addModule('HTTP').catch(() => {})"),
    "WebAssembly streaming": _script("WebAssembly.instantiateStreaming(fetch('HTTP')).catch(() => {})"),
    "video": "<video src='HTTP' preload='auto'></video>",
    "video poster": "<video poster='HTTP'></video>",
    "audio": "<audio src='HTTP' preload='auto'></audio>",
    "media source": "<video preload='auto'><source src='HTTP'></video>",
    "track": "<video crossorigin><track default src='HTTP'></video><script>document.querySelector('video').textTracks[0].mode = 'showing'</script>",
    "object": "<object data='HTTP'></object>",
    "embed": "<embed src='HTTP'>",
    "iframe": "<iframe src='HTTP'></iframe>",
    "iframe srcdoc": f'<iframe srcdoc="{_quoted(_script("fetch(`HTTP`)"))}"></iframe>',
    "iframe srcdoc with a picture": "<iframe srcdoc='<img src=HTTP>'></iframe>",
    "iframe blob:": _script("const frame = document.createElement('iframe'); frame.src = URL.createObjectURL(new Blob(['<img src=HTTP>'], {type: 'text/html'})); document.body.append(frame)"),
    "iframe data:": "<iframe src='data:text/html,<img src=HTTP>'></iframe>",
    "iframe about:blank": "<iframe name='inner'></iframe>" + _script("document.querySelector('iframe').contentWindow.fetch('HTTP')"),
    "iframe javascript:": "<iframe src='javascript:fetch(`HTTP`)'></iframe>",
    "another window's name": "<iframe name='inner'></iframe><a href='HTTP' target='inner'>x</a>" + _script("document.querySelector('a').click()"),
    "form": "<form action='HTTP'></form>" + _script("document.forms[0].submit()"),
    "form posted": "<form action='HTTP' method='post'></form>" + _script("document.forms[0].submit()"),
    "form into a frame": "<iframe name='inner'></iframe><form action='HTTP' target='inner'></form>" + _script("document.forms[0].submit()"),
    "location": _script("location = 'HTTP'"),
    "location.replace": _script("location.replace('HTTP')"),
    "meta refresh": "<meta http-equiv='refresh' content='0; url=HTTP'>",
    "link clicked": "<a href='HTTP'>x</a>" + _script("document.querySelector('a').click()"),
    "ping": "<a ping='HTTP' href='#x'>x</a>" + _script("document.querySelector('a').click()"),
    "its own blob:": _script("location = URL.createObjectURL(new Blob(['<img src=HTTP>'], {type: 'text/html'}))"),
    "document.write": _script("document.open(); document.write('<img src=HTTP>'); document.close()"),
    "closed shadow tree": "<div><template shadowrootmode='closed'><img src='HTTP'></template></div>",
    "STUN over UDP": _STUN_OVER_UDP,
    "TURN over UDP": _TURN_OVER_UDP,
    "TURN over TCP": _TURN_OVER_TCP,
    "STUN after document.write": _script("document.open(); document.write(`" + _STUN_OVER_UDP.replace("</script>", "<\\/script>") + "`); document.close()"),
}  # fmt: skip

# The same, each in a page of its own: they end it, or go away with it.
ALONE = {
    "top": _script("top.location = 'HTTP'"),
    "STUN in a frame in the frame": f'<iframe srcdoc="{_quoted(_STUN_OVER_UDP)}"></iframe>',
    "STUN in a closed shadow tree": f'<div><template shadowrootmode="closed"><iframe srcdoc="{_quoted(_STUN_OVER_UDP)}"></iframe></template></div>',
    "STUN from javascript:": "<iframe src='javascript:const peer = new RTCPeerConnection({iceServers: [{urls: `stun:UDP`}]}); peer.createDataChannel(`x`); peer.createOffer().then((offer) => peer.setLocalDescription(offer))'></iframe>",
}  # fmt: skip

# What this browser, driven like this, sends nobody even without a policy; other browsers may.
UNHEARD = {
    "WebTransport": _script("new WebTransport('https://UDP')"),
    "service worker": _script("navigator.serviceWorker.register('HTTP').catch(() => {})"),
    "link preconnect": "<link rel='preconnect' href='HTTP'>",
    "link dns-prefetch": "<link rel='dns-prefetch' href='HTTP'>",
    "link prerender": "<link rel='prerender' href='HTTP'>",
    "link manifest": "<link rel='manifest' href='HTTP'>",
    "speculation rules": '<script type="speculationrules">{"prefetch": [{"urls": ["HTTP"], "eagerness": "immediate"}], "prerender": [{"urls": ["HTTP"], "eagerness": "immediate"}]}</script>',
    "window.open": _script("window.open('HTTP')"),
    "download": "<a download href='HTTP'>x</a>" + _script("document.querySelector('a').click()"),
    "fenced frame": "<fencedframe></fencedframe>" + _script("try { document.querySelector('fencedframe').config = new FencedFrameConfig('HTTP') } catch {}"),
    "FedCM": _script("navigator.credentials?.get({identity: {providers: [{configURL: 'HTTP/x', clientId: '1'}]}}).catch(() => {})"),
    "attribution": "<img attributionsrc='HTTP'>",
    "xml style sheet": _script("location = 'data:text/xml,<?xml-stylesheet href=%22HTTP%22?><x/>'"),
}  # fmt: skip
