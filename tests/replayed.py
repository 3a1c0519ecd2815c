"""A small page of each kind of archive replay, made up in our own words."""

__all__ = ["PAGES", "PAGE_URL", "UKGWA"]

UKGWA = "http://webarchive.nationalarchives.gov.uk/"
PAGE_URL = "http://www.homeoffice.example/crime/"

PAGES = {
    "ukgwa-2009": (
        UKGWA + "20090402111213/" + PAGE_URL,
        """<html><head><title>Crime</title></head><body>
<!-- Start of archive notice --><div id="webArchiveNotice">This snapshot, taken on 02/04/2009,
shows web content kept by The National Archives. External links, forms and search may not
work.</div><!-- End of archive notice -->
<p>Text of the page.</p>
<a href="{ukgwa}20090402111213/http://www.homeoffice.example/police/">Police</a>
</body></html>""",
        {"20090402111213", "20090402"},
    ),
    "ukgwa-2011": (
        UKGWA + "20110509101621/http:/www.homeoffice.example/crime/",
        """<html><head><title>Crime</title>
<link rel="stylesheet" href="{ukgwa}wayback/banner.css"></head><body>
<!-- BEGIN ARCHIVE BANNER --><div id="webArchiveInfobox"><div>This snapshot, taken on
<b>29/05/2011</b>, shows web content acquired for preservation by The National Archives.</div>
<p>The UK Government Web Archive does not use cookies but some may be left in your browser from
archived websites.</p></div><!-- END ARCHIVE BANNER -->
<p>Text of the page.</p>
<a href="/20110509101621/http:/www.homeoffice.example/police/">Police</a>
<img src="/20110509101621im_/http:/www.homeoffice.example/crest.png">
</body></html>""",
        {"20110509101621", "20110529"},
    ),
    "ukgwa-2013": (
        UKGWA + "ukgwa/20130326122952mp_/" + PAGE_URL,
        """<html><head><script>wbinfo = {{"url": "http://www.homeoffice.example/crime/",
"timestamp": "20130326122952", "prefix": "{ukgwa}ukgwa/"}};</script>
<script src="{ukgwa}static/replay.js"></script>
<title>[ARCHIVED CONTENT] Crime</title></head><body>
<div id="ukgwa-header"><div>[ARCHIVED CONTENT]</div><p>This page was archived on 26/03/2013.</p>
<a href="{ukgwa}ukgwa/*/http://www.homeoffice.example/crime/">All dates</a></div>
<p>Text of the page.</p>
<a href="{ukgwa}ukgwa/20130326122952mp_/http://www.homeoffice.example/police/">Police</a>
<div id="ukgwa-footer"><p>The archive</p></div></body></html>
<!-- FILE ARCHIVED ON 12:29:52 Mar 26, 2013 AND RETRIEVED FROM THE ARCHIVE -->""",
        {"20130326122952", "20130326"},
    ),
    "pywb": (
        "https://archive.council.example/all/20190301120000mp_/" + PAGE_URL,
        """<html><head><!-- WB Insert -->
<script> wbinfo = {{}}; wbinfo.url = "http://www.homeoffice.example/crime/";
wbinfo.timestamp = "20190301120000";
wbinfo.prefix = decodeURI("https://archive.council.example/all/"); </script>
<script src='https://archive.council.example/static/wombat.js'> </script>
<!-- End WB Insert -->
<title>Crime</title></head><body>
<p>Text of the page.</p>
<a href="/all/20190301120000mp_/http://www.homeoffice.example/police/">Police</a>
<script src="/all/20190301120000js_/http://www.homeoffice.example/a.js" _integrity="sha256-x">
</script></body></html>""",
        {"20190301120000"},
    ),
    "wayback": (
        "https://web.archive.org/web/20150208000231/" + PAGE_URL,
        """<html><head><script src="//archive.org/includes/analytics.js?v=1"></script>
<script>window.addEventListener('DOMContentLoaded',function(){{var v=archive_analytics;}});</script>
<script src="/_static/js/wombat.js?v=2"></script>
<script>__wm.init("https://web.archive.org/web");
__wm.wombat("http://www.homeoffice.example/crime/","20150208000231","https://web.archive.org/");
</script>
<link rel="stylesheet" type="text/css" href="/_static/css/banner-styles.css?v=3" />
<!-- End Wayback Rewrite JS Include -->
<title>Crime</title></head><body><!-- BEGIN WAYBACK TOOLBAR INSERT -->
<div id="wm-ipp-base"><div id="wm-ipp"><form action="/web/submit"></form></div></div>
<script>__wm.bt(7,2,2,2,"web","http://www.homeoffice.example/crime/","20150208000231");</script>
<!-- END WAYBACK TOOLBAR INSERT -->
<p>Text of the page.</p>
<a href="/web/20150208000231/http://www.homeoffice.example/police/">Police</a>
<a href="https://web.archive.org/web/20150208000231/mailto:unit@homeoffice.example">Write</a>
</body></html>
<!--
     FILE ARCHIVED ON 00:02:31 Feb 08, 2015 AND RETRIEVED FROM THE ARCHIVE ON 10:00:00 Jan 1, 2020.
-->
<!--
playback timings (ms):
  captures_list: 0.5
-->""",
        {"20150208000231"},
    ),
    "openwayback": (
        "http://archive.library.example:8080/wayback/20120101000000/" + PAGE_URL,
        """<html><head><title>Crime</title></head><body>
<!-- BEGIN WAYBACK DISCLAIMER --><div id="wm-disclaim">A copy kept by the library</div>
<!-- END WAYBACK DISCLAIMER -->
<p>Text of the page.</p>
<a href="http://archive.library.example:8080/wayback/20120101000000/http://www.homeoffice.example/police/">Police</a>
</body></html><!-- FILE ARCHIVED ON 0:00:00 Jan 1, 2012 AND RETRIEVED FROM THE ARCHIVE.
JAVASCRIPT APPENDED BY WAYBACK MACHINE -->""",
        {"20120101000000"},
    ),
    "ukwac": (
        "http://www.webarchive.org.uk/pan/12345/20080704/www.homeoffice.example/crime/",
        """<html><head><title>Crime</title></head><body>
<p>Text of the page.</p>
<a href="http://www.webarchive.org.uk/pan/12345/20080704/www.homeoffice.example/police/">Police</a>
<img src="/pan/12345/20080704/www.homeoffice.example/crest.png"></body></html>""",
        {"20080704"},
    ),
    "archive-it": (
        "https://wayback.archive-it.org/1234/20190122152926/" + PAGE_URL,
        """<html><head><title>Crime</title>
<script src="https://partner.archive-it.org/static/banner.js"></script></head><body>
<div class="box"><p>You are viewing an archived web page, collected at the request of
<a href="https://archive-it.org/organizations/9">A Council</a> using
<a href="https://archive-it.org/">Archive-It</a>. This page was captured on 15:29:26 Jan 22, 2019,
and is part of the Towns collection. The information on this web page may be out of date. See
<a href="https://wayback.archive-it.org/1234/*/http://www.homeoffice.example/crime/">All
versions</a> of this archived page.</p></div>
<p>Text of the page.</p>
<a href="/1234/20190122152926/http://www.homeoffice.example/police/">Police</a></body></html>""",
        {"20190122152926"},
    ),
}
