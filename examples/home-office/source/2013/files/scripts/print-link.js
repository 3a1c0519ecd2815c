/* Adds a "Print this page" link below the date; without JavaScript there is none. */
(function () {
  function add() {
    var place = document.querySelector(".updated");
    if (!place || !window.print) { return; }
    var link = document.createElement("a");
    link.href = "#content";
    link.appendChild(document.createTextNode("Print this page"));
    link.onclick = function () { window.print(); return false; };
    place.appendChild(document.createTextNode(" \u00b7 "));
    place.appendChild(link);
  }
  if (document.addEventListener) { document.addEventListener("DOMContentLoaded", add, false); }
}());
