/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "names.h"

static const NamesWord maenner[] = {
  { "Max", "max" },           { "Jörg", "joerg" },
  { "Jürgen", "juergen" },    { "Stefan", "stefan" },
  { "Björn", "bjoern" },      { "Thomas", "thomas" },
  { "Karl-Heinz", "kh" },     { "Günter", "guenter" },
  { "Lukas", "lukas" },       { "Paul", "paul" },
  { "Sören", "soeren" },      { "Markus", "markus" },
  { "Ali", "ali" },           { "Mehmet", "mehmet" },
  { "Jean-Luc", "jean-luc" }, { "Friedrich", "fritz" },
  { "Tobias", "tobias" },     { "André", "andre" },
  { "Sebastian", "basti" },   { "Florian", "florian" },
  { "Michał", "michal" },     { "Hans \"Hansi\"", "hans" },
  { "Timo", "timo" },         { "Uwe", "uwe" },
  { "Wolfgang", "wolfgang" }, { "Dirk", "dirk" },
  { "José", "jose" },         { "Benjamin", "benny" },
  { "Jonas", "jonas" },       { "Philipp", "philipp" },
};

static const NamesWord frauen[] = {
  { "Lea", "lea" },         { "Käthe", "kaethe" },    { "Jutta", "jutta" },
  { "Anna-Lena", "al" },    { "Zoë", "zoe" },         { "Sabine", "sabine" },
  { "Bärbel", "baerbel" },  { "Ayşe", "ayse" },       { "Katharina", "kathi" },
  { "Müge", "muege" },      { "Julia", "julia" },     { "Nele", "nele" },
  { "Désirée", "desiree" }, { "Petra", "petra" },     { "Sophie", "sophie" },
  { "Maria", "maria" },     { "Lisa", "lisa" },       { "Elisabeth \"Lilli\"", "lilli" },
  { "Heike", "heike" },     { "Vanessa", "vanessa" }, { "Carolin", "caro" },
  { "Silke", "silke" },     { "Emma", "emma" },       { "Yvonne", "yvonne" },
};

static const NamesWord nachnamen[] = {
  { "Müller", "mueller" },
  { "Schneider", "schneider" },
  { "O’Neill", "oneill" },
  { "Weiß", "weiss" },
  { "Großmann", "grossmann" },
  { "Schäfer", "schaefer" },
  { "König", "koenig" },
  { "Bröcker", "broecker" },
  { "D'Angelo", "dangelo" },
  { "Meier-Lüdenscheid", "ml" },
  { "von der Heide", "vdheide" },
  { "Yılmaz", "yilmaz" },
  { "Krüger", "krueger" },
  { "Hofmann", "hofmann" },
  { "Becker", "becker" },
  { "Wagner", "wagner" },
  { "Schulz", "schulz" },
  { "Koch", "koch" },
  { "Richter", "richter" },
  { "Wolf", "wolf" },
  { "Klein", "klein" },
  { "Schröder", "schroeder" },
  { "Neumann", "neumann" },
  { "Schwarz", "schwarz" },
  { "Zimmermann", "zimmer" },
  { "Braun", "braun" },
  { "Nowak", "nowak" },
  { "Łukaszewski", "luka" },
  { "Strauß", "strauss" },
  { "Böhm", "boehm" },
  { "Vogel", "vogel" },
  { "Jung", "jung" },
  { "Hahn", "hahn" },
  { "Köhler", "koehler" },
  { "Keller", "keller" },
  { "Lang", "lang" },
  { "Schmidt-Preuß", "sp" },
  { "Öztürk", "oeztuerk" },
  { "Übelacker", "uebelacker" },
  { "Ängström", "aengstroem" },
  { "Fuß", "fuss" },
  { "Bauer", "bauer" },
};

static const NamesOrt orte[] = {
  { "Bröckehausen", "broeckehausen", "36123" },
  { "Fulda", "fulda", "36037" },
  { "Hünfeld", "huenfeld", "36088" },
  { "Großenlüder", "grossenlueder", "36137" },
  { "Groß-Umstadt", "gross-umstadt", "64823" },
  { "Weißenborn", "weissenborn", "37299" },
  { "Gießen", "giessen", "35390" },
  { "Wetzlar", "wetzlar", "35576" },
  { "Rüsselsheim", "ruesselsheim", "65428" },
  { "Idstein", "idstein", "65510" },
  { "Schlüchtern", "schluechtern", "36381" },
  { "Bad Orb", "bad-orb", "63619" },
  { "Fritzlar", "fritzlar", "34560" },
  { "Mörfelden-Walldorf", "moerfelden", "64546" },
  { "Büdingen", "buedingen", "63654" },
  { "Eschwege", "eschwege", "37269" },
  { "Lauterbach", "lauterbach", "36341" },
  { "Dillenburg", "dillenburg", "35683" },
  { "Höchst i. Odw.", "hoechst", "64739" },
  { "Kassel", "kassel", "34117" },
};

static const NamesKurs kurse[] = {
  { "F-I", "Truppmannausbildung Teil 1", 12 },
  { "F-I", "Grundlehrgang", 12 },
  { "F-Atr", "Atemschutzgeräteträger", 5 },
  { "F-Atr", "Atemschutzgeräteträger", 5 },
  { "F-Ma", "Maschinist für Löschfahrzeuge", 5 },
  { "F/K-Sprechfunk", "Sprechfunker (\"Digitalfunk\")", 3 },
  { "F/K-Sprechfunk", "Sprechfunker", 3 },
  { "F-II", "Truppführer", 6 },
  { "F-TH-VU", "Technische Hilfe Verkehrsunfall", 3 },
  { "F/B-mobBSA-Hessen", "Mobile Brandsimulationsanlage Hessen", 1 },
  { "F/B-BSA-Sem.", "Seminar Brandsimulationsanlage", 1 },
  { "F-III", "Gruppenführer", 10 },
  { "F-III", "Gruppenführer (E-Learning)", 10 },
  { "F-III", "Gruppenführer – e-learning mit Präsenztagen", 10 },
  { "AGT", "Belastungsübung Atemschutz", 1 },
};

static const NamesKurs unbekannte[] = {
  { "F-DROHNE", "Drohnen im Einsatz", 2 },
  { "S-Öl/Gas", "Sonderlehrgang \\Öl & Gas\\", 2 },
  { "JFW-Woche", "Woche der Jugendfeuerwehr", 5 },
};

/* The statuses SPEC 5's statuses.txt knows, and what real data adds, with their share of 1000. */
static const struct {
  const char *raw;
  guint weight;
} statuses[] = {
  { "S033_EINBERUFEN_KREIS", 140 },
  { "S034_EINBERUFUNG_VERSCHICKT_KREIS", 180 },
  { "S065_EINBERUFEN_LAND", 30 },
  { "S066_EINBERUFUNG_VERSCHICKT_LAND", 40 },
  { "S106_EINBERUFEN_WERKFEUERWEHRVERBAND", 8 },
  { "S107_EINBERUFUNG_VERSCHICKT_WERKFEUERWEHRVERBAND", 7 },
  { "S120_EINBERUFEN_GEMEINDE", 17 },
  { "S122_EINBERUFUNG_VERSCHICKT_GEMEINDE", 13 },
  { "  s033_einberufen_kreis  ", 8 },
  { " s034_Einberufung_verschickt_Kreis", 7 },
  { "S050_TEILGENOMMEN_KREIS", 220 },
  { "S082_TEILGENOMMEN_LAND", 40 },
  { "S113_TEILGENOMMEN_WERKFEUERWEHRVERBAND", 12 },
  { "S128_TEILGENOMMEN_GEMEINDE", 28 },
  { "S084_BESTANDEN_LAND", 43 },
  { "s084_bestanden_land ", 7 },
  { "S100_STORNIERT_KREIS", 40 },
  { "S101_STORNIERT_LAND", 14 },
  { "S105_STORNIERT_WERKFEUERWEHRVERBAND", 3 },
  { "S121_STORNIERT_GEMEINDE", 7 },
  { "S042_ABGEBROCHEN_KREIS", 9 },
  { "S074_ABGEBROCHEN_LAND", 4 },
  { "S111_ABGEBROCHEN_WERKFEUERWEHRVERBAND", 2 },
  { "S125_ABGEBROCHEN_GEMEINDE", 3 },
  { "S039_FEHLT_ENTSCHULDIGT_KREIS", 10 },
  { "S040_FEHLT_UNENTSCHULDIGT_KREIS", 7 },
  { "S067_FEHLT_ENTSCHULDIGT_LAND", 4 },
  { "S068_FEHLT_UNENTSCHULDIGT_LAND", 3 },
  { "S108_FEHLT_ENTSCHULDIGT_WERKFEUERWEHRVERBAND", 2 },
  { "S109_FEHLT_UNENTSCHULDIGT_WERKFEUERWEHRVERBAND", 2 },
  { "S123_FEHLT_ENTSCHULDIGT_GEMEINDE", 3 },
  { "S124_FEHLT_UNENTSCHULDIGT_GEMEINDE", 2 },
  { "S044_ZURÜCKGESTELLT_KREIS", 3 },
  { "s044_zurückgestellt_kreis", 2 },
  { "S018_ANGEMELDET_KREIS", 55 },
  { "S999_UNBEKANNT_STATUS", 10 },
  { "S027_WARTELISTE_KREIS", 8 },
  { "", 4 },
  { NULL, 3 },
};

static const NamesTenant tenants[] = {
  { "Landkreis Bergstraße", "HP" },
  { "Landkreis Darmstadt-Dieburg", "DA" },
  { "Landkreis Groß-Gerau", "GG" },
  { "Hochtaunuskreis", "HG" },
  { "Main-Kinzig-Kreis", "MKK" },
  { "Main-Taunus-Kreis", "MTK" },
  { "Odenwaldkreis", "ERB" },
  { "Landkreis Offenbach", "OF" },
  { "Rheingau-Taunus-Kreis", "RÜD" },
  { "Wetteraukreis", "FB" },
  { "Landkreis Gießen", "GI" },
  { "Landkreis Limburg-Weilburg", "LM" },
  { "Landkreis Marburg-Biedenkopf", "MR" },
  { "Lahn-Dill-Kreis", "LDK" },
  { "Vogelsbergkreis", "VB" },
  { "Landkreis Fulda", "FD" },
  { "Landkreis Hersfeld-Rotenburg", "HEF" },
  { "Landkreis Kassel", "KSL" },
  { "Schwalm-Eder-Kreis", "HR" },
  { "Landkreis Waldeck-Frankenberg", "KB" },
  { "Werra-Meißner-Kreis", "ESW" },
  { "Darmstadt", "DAS" },
  { "Frankfurt am Main", "F" },
  { "Kassel", "KS" },
  { "Offenbach am Main", "OFS" },
  { "Wiesbaden", "WI" },
  { "Bad Homburg", "BHS" },
  { "Fulda", "FDS" },
  { "Hanau", "HU" },
  { "Gießen", "GIS" },
  { "Marburg", "MRS" },
  { "Rüsselsheim", "RÜS" },
  { "Wetzlar", "WES" },
  { "Hessische Landesfeuerwehrschule", "HLFS" },
  { "Hessische Kinder- und Jugendfeuerwehr", "HKJF" },
};

const NamesWord *
names_vorname(bool female, guint number) {
  return female ? &frauen[number % G_N_ELEMENTS(frauen)] : &maenner[number % G_N_ELEMENTS(maenner)];
}

const NamesWord *
names_nachname(guint number) {
  return &nachnamen[number % G_N_ELEMENTS(nachnamen)];
}

const NamesOrt *
names_ort(guint number) {
  return &orte[number % G_N_ELEMENTS(orte)];
}

const NamesKurs *
names_kurs(guint number) {
  return &kurse[number % G_N_ELEMENTS(kurse)];
}

const NamesKurs *
names_kurs_unbekannt(guint number) {
  return &unbekannte[number % G_N_ELEMENTS(unbekannte)];
}

const char *
names_status(guint number) {
  guint rest = number % 1000;
  for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
    if (rest < statuses[i].weight)
      return statuses[i].raw;
    rest -= statuses[i].weight;
  }
  g_assert_not_reached();
}

const NamesTenant *
names_tenant(guint index) {
  return index < G_N_ELEMENTS(tenants) ? &tenants[index] : NULL;
}

const char *
names_masters(void) {
  return "F-I F-II F-III F-III-elearn F-ATR F-MA F/K-SPF F-TH-VU F-BSA F/B-BSA-Sem. AGT";
}
