import type { PageTexts } from "./en.js";

export const GERMAN: PageTexts = {
  "failed.title": "Anmeldung fehlgeschlagen",
  "failed.heading": "Sie konnten nicht angemeldet werden",
  "failed.again": "Bitte versuchen Sie es noch einmal von vorn.",
  "failed.reference":
    "Wenn es wieder fehlschlägt, nennen Sie Ihrer Administratorin oder Ihrem Administrator diese Nummer:",

  "signedIn.title": "Angemeldet",
  "signedIn.heading": "Hallo {name}, Sie sind angemeldet",
  "signedIn.products": "Ihre Plätze",
  "signedIn.seat": "Sie haben einen Platz ({tier}) aus „{pool}“.",
  "signedIn.signOut": "Abmelden",

  "noSeat.title": "Kein Platz",
  "noSeat.heading": "Hallo {name}, Sie haben gerade keinen Platz",
  "noSeat.noClaim":
    "Sie sind angemeldet, aber nichts gibt Ihnen Anspruch auf einen Platz. Bitte wenden Sie sich an Ihre Administration.",
  "noSeat.none":
    "Ihnen konnte kein Platz gegeben werden. Bitte wenden Sie sich an Ihre Administration.",
  "noSeat.excluded":
    "Eine Regel Ihrer Organisation schließt Sie aus. Bitte wenden Sie sich an Ihre Administration.",
  "noSeat.tierConflict":
    "Keine Stufe bietet alles, wofür Sie eingerichtet sind. Bitte wenden Sie sich an Ihre Administration.",
  "noSeat.waiting":
    "Alle Plätze ({tier}) sind besetzt. Sie sind Nummer {position} auf der Warteliste. Sie müssen nichts tun: Sie bekommen von selbst einen Platz, sobald einer frei wird.",
  "noSeat.reserved":
    "Die freien Plätze sind für andere reserviert. Sie sind Nummer {position} auf der Warteliste. Sie müssen nichts tun: Sie bekommen von selbst einen Platz, sobald einer frei wird.",
  "noSeat.takeOver":
    "Gibt bis dahin niemand einen Platz zurück, können Sie ab {at} einen übernehmen: Melden Sie sich dann erneut an.",
  "noSeat.takeOverNow": "Sie können jetzt einen Platz übernehmen: Melden Sie sich erneut an.",
  "noSeat.again": "Erneut anmelden",

  "takenOver.by":
    "Ihr Platz ({tier}) aus „{pool}“ wurde am {at} von {by} übernommen, weil alle Plätze in Gebrauch waren. Wenn Sie ihn brauchen, melden Sie sich erneut an.",
  "takenOver.anonymous":
    "Ihr Platz ({tier}) aus „{pool}“ wurde am {at} übernommen, weil alle Plätze in Gebrauch waren und jemand anderes einen brauchte. Wenn Sie ihn brauchen, melden Sie sich erneut an.",

  "notSignedIn.title": "Nicht angemeldet",
  "notSignedIn.heading": "Sie sind nicht angemeldet",
  "notSignedIn.how":
    "Öffnen Sie die Anwendung von der Anmeldeseite Ihrer Organisation aus, oder melden Sie sich hier an.",
  "notSignedIn.signIn": "Anmelden",

  "signedOut.title": "Abgemeldet",
  "signedOut.heading": "Sie sind abgemeldet",
  "signedOut.close": "Sie können dieses Fenster schließen.",

  "signingOut.title": "Abmeldung",
  "signingOut.heading": "Hier sind Sie abgemeldet",
  "signingOut.onward": "Sie werden auch beim Anmeldedienst Ihrer Organisation abgemeldet.",
  "signingOut.continue": "Weiter",

  "partlySignedOut.title": "Hier abgemeldet",
  "partlySignedOut.heading": "Hier sind Sie abgemeldet",
  "partlySignedOut.elsewhere":
    "Der Anmeldedienst Ihrer Organisation meldet, dass Sie anderswo noch angemeldet sein könnten. Schließen Sie den Browser, um sicherzugehen.",

  "logoutFailed.title": "Abmeldung fehlgeschlagen",
  "logoutFailed.heading": "So konnten Sie nicht abgemeldet werden",
  "logoutFailed.instead":
    "Es wurde nichts geändert. Wenn Sie hier abgemeldet werden möchten, verwenden Sie die Schaltfläche dieses Dienstes. Ihre Administration findet den Grund unter dieser Nummer:",

  "handOver.title": "Anmeldung",
  "handOver.heading": "Sie werden angemeldet",
  "handOver.continue": "Weiter",

  "find.title": "Anmelden",
  "find.heading": "Mit Ihrer Organisation anmelden",
  "find.email": "Ihre E-Mail-Adresse bei der Arbeit",
  "find.hint": "Nur der Teil hinter dem @ wird verwendet, um Ihre Organisation zu finden.",
  "find.continue": "Weiter",
  "find.malformed": "Bitte geben Sie die ganze Adresse an, etwa name@firma.example.",
  "find.unknown":
    "Mit Adressen von {domain} meldet sich hier keine Organisation an. Prüfen Sie die Adresse, oder fragen Sie Ihre Administration nach der Anmeldeseite.",
  "find.error": "Fehler:",

  "start.title": "Willkommen",
  "start.heading": "Hier melden sich Menschen an und bekommen ihre Plätze",
  "start.about":
    "Diese Adresse gehört zu einem Dienst, der Menschen bei einer Anwendung anmeldet und ihnen ihre Plätze gibt. Das meiste davon ist für Programme: für den Identitätsanbieter Ihrer Organisation und für die Anwendung selbst.",
  "start.signIn": "Mit Ihrer Organisation anmelden",
  "start.session": "Nachsehen, ob Sie angemeldet sind",
  "start.documentation":
    "Wer das einrichtet, findet die Anleitung im Ordner „docs“ des Pakets „seatkeeper“.",

  "choose.title": "Auswahl",
  "choose.heading": "Wählen Sie, wie Sie sich anmelden",
  "choose.about": "Mit Adressen von {domain} kann man sich auf mehrere Arten anmelden.",
  "choose.option": "Mit {name} anmelden",

  "goOn.title": "Anmeldung",
  "goOn.heading": "Sie werden zur Anmeldeseite Ihrer Organisation geleitet",
  "goOn.link": "Weiter",

  "refused.SignInFailed": "Die Anmeldung konnte nicht angenommen werden.",
  "refused.SignInUnknownUser": "Dieses Konto ist noch nicht eingerichtet.",
  "refused.LogoutRefused": "Die Abmeldung konnte nicht angenommen werden.",
  "refused.Inactive": "Das Konto wurde deaktiviert.",
  "refused.Forbidden": "Das ist nicht erlaubt.",
  "refused.NotFound": "Diese Seite gibt es nicht.",
  "refused.MethodNotAllowed": "Diese Adresse nimmt diese Methode nicht an.",
  "refused.PayloadTooLarge": "Was gesendet wurde, ist größer als erlaubt.",
  "refused.TooManyRequests": "Zu viele Anfragen. Versuchen Sie es später noch einmal.",
  "refused.Unavailable":
    "Der Dienst ist gerade nicht erreichbar. Versuchen Sie es später noch einmal.",
  "refused.Internal": "Bei uns ist etwas schiefgegangen.",
};
